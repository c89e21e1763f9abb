"""The table in the documentation."""

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.measure import Cost

BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"


class Row(NamedTuple):
    """A contestant's name, version and cost."""

    name: str
    version: str
    cost: Cost


def table(rows: Sequence[Row], *, records: int, repeat: int) -> str:
    """Markdown; the first row is the floor, the second driftloop."""
    floor, driftloop = rows[0].cost.cpu, rows[1].cost.cpu
    lines = [
        f"### {records:,} records (median of {repeat})",
        "",
        "| | version | CPU s | peak MiB | times the floor | times driftloop |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row.name} | {row.version} | {row.cost.cpu:.2f} | {row.cost.memory:.0f} "
        f"| {row.cost.cpu / floor:.1f} | {row.cost.cpu / driftloop:.1f} |"
        for row in rows
    ]
    return "\n".join([*lines, ""])


def replace_table(page: str, text: str) -> str:
    """Replace the text between the markers of a page; raises ValueError without markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page must hold {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{text}\n{END}{after}"
