"""The table that the documentation shows."""

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.measure import Cost

BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"


class Row(NamedTuple):
    """A contestant's name and version, and what it cost."""

    name: str
    version: str
    cost: Cost


def table(rows: Sequence[Row], *, records: int, repeat: int) -> str:
    """Markdown; the first row is the floor, the second driftloop."""
    floor, ours = rows[0].cost.cpu, rows[1].cost.cpu
    lines = [
        f"### {records:,} records (median of {repeat})",
        "",
        "| | version | CPU s | peak MiB | times the floor | times driftloop |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row.name} | {row.version} | {row.cost.cpu:.2f} | {row.cost.memory:.0f} "
        f"| {row.cost.cpu / floor:.1f} | {row.cost.cpu / ours:.1f} |"
        for row in rows
    ]
    return "\n".join([*lines, ""])


def replace_table(page: str, text: str) -> str:
    """The page with the text between its markers; raises ValueError where it has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page must hold {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{text}\n{END}{after}"
