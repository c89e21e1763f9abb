"""The benchmark's workload is the same for everybody, and is what data capture writes."""

import re
from pathlib import Path

import pytest

from benchmarks.generate import LINES, write_captures, write_reference
from benchmarks.measure import Cost
from benchmarks.table import BEGIN, END, Row, replace_table, table
from benchmarks.workload import CATEGORICAL, NAMES, NUMERIC
from driftloop.capture import LineCounts, read_capture
from driftloop.schema import Feature, Kind, ProblemType, Schema

SCHEMA = Schema(
    (
        *(Feature(column.name, Kind.NUMERIC) for column in NUMERIC),
        *(Feature(column.name, Kind.CATEGORICAL) for column in CATEGORICAL),
    ),
    "label",
    ProblemType.BINARY_CLASSIFICATION,
)
KEY = re.compile(r"bench/AllTraffic/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl")


def read(folder: Path) -> LineCounts:
    objects = ((path.name, [path.read_bytes()]) for path in sorted(folder.rglob("*.jsonl")))
    return sum((chunk.line_counts for chunk in read_capture(objects, SCHEMA)), LineCounts())


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_captures(tmp_path / name, records=50)
        write_reference(tmp_path / f"{name}.csv", rows=50)
    [first], [second] = ([*(tmp_path / name).rglob("*.jsonl")] for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()
    assert first.name == second.name
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_files_are_named_as_data_capture_names_them(tmp_path: Path) -> None:
    write_captures(tmp_path, records=LINES + 1)
    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.jsonl"))
    assert len(names) == 2
    assert all(KEY.fullmatch(name) for name in names)


def test_every_record_is_read_and_lines_are_about_500_bytes(tmp_path: Path) -> None:
    write_captures(tmp_path, records=500)
    line_counts = read(tmp_path)
    assert (line_counts.read, line_counts.used, line_counts.records) == (500, 500, 500)
    [path] = tmp_path.rglob("*.jsonl")
    assert 450 <= path.stat().st_size / 500 <= 550
    assert len(NAMES) == 20


def test_a_bad_line_is_one_line_more_in_each_file(tmp_path: Path) -> None:
    write_captures(tmp_path, records=LINES + 10, bad_lines=True)
    line_counts = read(tmp_path)
    assert line_counts.used == LINES + 10
    assert line_counts.rejected == {"not_json": 2}


def test_ratios_are_to_the_floor_and_to_driftloop() -> None:
    rows = [
        Row("floor", "msgspec 1", Cost(1.0, 10.0)),
        Row("driftloop", "driftloop 1", Cost(4.0, 100.0)),
        Row("peer", "peer 1", Cost(10.0, 400.0)),
    ]
    assert "| peer | peer 1 | 10.00 | 400 | 10.0 | 2.5 |" in table(rows, records=1, repeat=1)


def test_a_table_replaces_only_the_previous_table() -> None:
    page = f"head\n{BEGIN}\nold\n{END}\ntail\n"
    assert replace_table(page, "new") == f"head\n{BEGIN}\nnew\n{END}\ntail\n"
    with pytest.raises(ValueError, match="must hold"):
        replace_table("no markers", "new")
