"""One record per entity and window counts: the first in time; the others are counted as skipped."""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from driftloop.capture import (
    LineCounts,
    NumericColumn,
    ReadBatch,
    RecordBatch,
    deduplicate_entities,
    read_capture,
)
from driftloop.capture.deduplication import first_row_per_entity, first_rows
from driftloop.cli.analyze import AnalyzeOptions, analyze
from driftloop.cli.baseline import make_baseline
from driftloop.config import validate_config
from driftloop.errors import ConfigError, IncompleteError, InputError
from driftloop.profile import Baseline
from driftloop.schema import Entity, Feature, Kind, ProblemType, Schema
from driftloop.window import Window, parse_time
from pipelines.step_settings import settings_json
from pipelines.steps.baseline import make_baseline as make_pipeline_baseline
from pipelines.steps.step_environment import StepPaths
from pipelines.steps.tables import TIME, write_times

SCHEMA = Schema(
    (Feature("age", Kind.NUMERIC), Feature("user", Kind.CATEGORICAL)), "y", ProblemType.REGRESSION
)
USER, HEADER = Entity("user"), Entity("user", attribute=True)
WINDOW = Window(parse_time("2026-03-10T11:00:00Z"), parse_time("2026-03-10T12:00:00Z"))


def line(minute: int, rows: str, attributes: object = None, event: str | None = None) -> bytes:
    metadata: dict[str, Any] = {
        "eventId": event or f"{minute}-{rows}",
        "inferenceTime": f"2026-03-10T11:{minute:02d}:00Z",
    }
    if attributes is not None:
        metadata["customAttributes"] = attributes
    sides = {"endpointInput": {"observedContentType": "text/csv", "data": rows, "encoding": "CSV"}}
    record = {"captureData": sides, "eventMetadata": metadata, "eventVersion": "0"}
    return json.dumps(record).encode() + b"\n"


def deduplicate(
    entity: Entity | None, *objects: list[bytes], rows: int = 50_000
) -> tuple[Any, LineCounts]:
    """Ages of the records that count, and the counts of all lines."""

    def read(_ahead: bool) -> Any:
        attribute = entity.name if entity and entity.attribute else None
        named = [(str(position), lines) for position, lines in enumerate(objects)]
        return read_capture(named, SCHEMA, batch_rows=rows, attribute=attribute)

    parts = list(deduplicate_entities(entity, read))
    ages = [age for part in parts for age in ages_of(part.batch)]
    return ages, sum((part.line_counts for part in parts), LineCounts())


def ages_of(batch: RecordBatch) -> list[float]:
    column = batch.columns["age"]
    assert isinstance(column, NumericColumn)
    return [float(age) for age in column.values]


def test_the_first_record_in_time_counts_also_if_it_is_read_last() -> None:
    objects = [line(30, "3,ada"), line(20, "2,bob")], [line(10, "1,ada"), line(40, "4,bob")]
    ages, line_counts = deduplicate(USER, *objects)
    assert ages == [2, 1]
    assert (line_counts.read, line_counts.used, line_counts.records) == (4, 2, 2)
    assert line_counts.skipped == {"repeated_entity": 2}
    assert (line_counts.deduplicated_records, line_counts.requests) == (2, 4)


def test_the_first_record_read_counts_among_equal_times() -> None:
    assert deduplicate(USER, [line(10, "1,ada", event="a"), line(10, "2,ada", event="b")])[0] == [1]


def test_without_an_entity_all_records_count() -> None:
    ages, line_counts = deduplicate(None, [line(10, "1,ada"), line(11, "2,ada")])
    assert (ages, line_counts.skipped) == ([1, 2], {})


def test_a_record_without_an_entity_counts() -> None:
    ages, line_counts = deduplicate(
        USER, [line(1, "1,"), line(2, "2,"), line(3, "3,ada"), line(4, "4,null")]
    )
    assert (ages, line_counts.skipped) == ([1, 2, 3, 4], {})


def test_a_request_is_skipped_if_none_of_its_rows_is_left() -> None:
    objects = [line(1, "1,ada\n2,bob\n3,ada"), line(2, "4,bob\n5,eve"), line(3, "6,eve\n7,ada")]
    ages, line_counts = deduplicate(USER, objects)
    assert ages == [1, 2, 5]
    assert (line_counts.read, line_counts.used, line_counts.skipped) == (
        3,
        2,
        {"repeated_entity": 1},
    )
    assert (line_counts.records, line_counts.deduplicated_records, line_counts.records_read) == (
        3,
        4,
        7,
    )


@pytest.mark.parametrize(
    ("attributes", "entity"),
    [
        (["user=ada"], "ada"),
        (["plan=free", " user = ada "], "ada"),
        (["plan=free, user=ada;user=bob"], "ada"),
        ("user=ada", "ada"),
        (["user=a=b"], "a=b"),
        (["user="], None),
        (["username=ada", "ada"], None),
        ([17, None, {"user": "ada"}], None),
        ({"user": "ada"}, None),
        (None, None),
    ],
)
def test_the_attribute_is_the_value_of_its_key(attributes: object, entity: str | None) -> None:
    lines = [line(1, "1,x", ["user=ada"]), line(2, "2,x", ["user=a=b"]), line(3, "3,x", attributes)]
    ages, _ = deduplicate(HEADER, lines)
    repeated = entity in ("ada", "a=b")
    assert ages == ([1, 2] if repeated else [1, 2, 3])


def test_attributes_of_unusual_lines_are_read_like_those_of_simple_requests() -> None:
    simple = [line(minute, f"{minute},x", [f"user={minute % 3}"]) for minute in range(30)]
    unusual = [
        b"\n",
        b"unreadable\n",
        line(31, "31,x\n32,x", ["user=9"]),
        line(33, "33,x", ["user=9"]),
    ]
    ages, line_counts = deduplicate(HEADER, [*simple, *unusual])
    assert ages == [0, 1, 2, 31]
    assert (
        line_counts.read
        == line_counts.used + sum(line_counts.skipped.values()) + line_counts.rejected_lines
    )
    assert line_counts.skipped == {"empty_line": 1, "repeated_entity": 28}


def test_different_notations_of_a_number_are_one_entity() -> None:
    lines = [line(1, "1,x", ["user=42"]), line(2, "2,x", ["user=42.0"])]
    assert deduplicate(HEADER, lines)[0] == [1]
    assert deduplicate(Entity("age"), [line(1, "7,a"), line(2, "7.0,b"), line(3, "8,c")])[0] == [
        7,
        8,
    ]


@given(
    st.lists(st.tuples(st.integers(0, 59), st.integers(0, 5)), min_size=1, max_size=40),
    st.integers(1, 7),
    st.randoms(),
)
def test_any_split_into_objects_and_batches_keeps_the_earliest_record_of_each_entity(
    requests: list[tuple[int, int]], rows: int, random: Any
) -> None:
    lines = [line(m, f"{m},u{u}", event=str(n)) for n, (m, u) in enumerate(requests)]
    random.shuffle(lines)
    cut = random.randrange(len(lines) + 1)
    ages, line_counts = deduplicate(USER, lines[:cut], lines[cut:], rows=rows)
    earliest = {user: min(m for m, u in requests if u == user) for _, user in requests}
    assert sorted(ages) == sorted(earliest.values())
    assert line_counts.read == len(requests) == line_counts.used + sum(line_counts.skipped.values())


@pytest.mark.parametrize("records", [(0, 1), (1, 0)], ids=["grown", "shrunk"])
def test_objects_that_change_between_the_two_readings_are_an_error(
    records: tuple[int, int],
) -> None:
    batch = RecordBatch.from_columns(SCHEMA, {"age": [1.0], "user": ["a"]})
    readings = iter([[ReadBatch(batch, LineCounts())] * count for count in records])
    with pytest.raises(IncompleteError, match="between two readings"):
        list(deduplicate_entities(USER, lambda _ahead: iter(next(readings))))


def test_training_data_keeps_one_row_per_entity_and_window() -> None:
    hours = [0.0, 0.5, 5.9, 6.0, 6.5, 30.0]
    columns: dict[str, list[object]] = {
        "age": list(range(6)),
        "user": ["ada", "bob", "ada", "ada", "bob", "ada"],
    }
    batch = RecordBatch.from_columns(SCHEMA, columns, times=[hour * 3600 for hour in hours])
    assert ages_of(first_row_per_entity(batch, USER, 6)) == [0, 1, 3, 4, 5]
    without_times = RecordBatch.from_columns(SCHEMA, columns)
    assert ages_of(first_row_per_entity(without_times, USER, 6)) == [0, 1]


def test_the_first_rows_are_those_that_a_sort_by_time_puts_first() -> None:
    draw = np.random.default_rng(3)
    keys, times = (
        draw.integers(0, 9, 200).astype(np.uint64),
        draw.integers(0, 50, 200).astype(np.float64),
    )
    selected = np.flatnonzero(first_rows(keys, np.ones(200, bool), times))
    by_time = sorted(range(200), key=lambda row: times[row])
    first = {key: next(row for row in by_time if keys[row] == key) for key in set(keys.tolist())}
    assert sorted(selected.tolist()) == sorted(first.values())


MODEL = {
    "problem_type": "regression",
    "features": {"age": "numeric", "user": "categorical"},
    "target": "y",
    "family": "sklearn",
    "training_data": "d.csv",
}


@pytest.mark.parametrize(
    ("text", "entity"), [("user", USER), ("attribute:user", HEADER), ("attribute: user", HEADER)]
)
def test_an_entity_is_a_feature_or_an_attribute(text: str, entity: Entity) -> None:
    config = validate_config({"models": {"m": {**MODEL, "entity": text}}})
    assert config.models["m"].entity_ == entity


@pytest.mark.parametrize("text", ["usr", "", "attribute:", "attribute:a=b", "attribute:a,b"])
def test_the_error_of_any_other_entity_says_what_is_allowed(text: str) -> None:
    with pytest.raises(ConfigError, match="attribute:KEY"):
        validate_config({"models": {"m": {**MODEL, "entity": text}}})


def project(root: Path, entity: str) -> str:
    """A configuration, training data of two users, and a captured file of the same."""
    model = {**MODEL, "entity": entity, "time_column": "at"}
    (root / "driftloop.yaml").write_text(yaml.safe_dump({"models": {"m": model}}))
    hours = [f"2026-03-09T{n % 12:02d}:{n // 12:02d}:00Z" for n in range(600)]
    rows = [f"{n},{'ada' if n % 3 else 'bob'},0,{at}\n" for n, at in enumerate(hours)]
    (root / "d.csv").write_text("".join(["age,user,y,at\n", *rows]))
    (root / "capture").mkdir()
    lines = [line(n, f"{n},{'ada' if n % 3 else 'bob'}", [f"user={n % 5}"]) for n in range(60)]
    (root / "capture" / "a.jsonl").write_bytes(b"".join(lines))
    return str(root / "driftloop.yaml")


@pytest.mark.parametrize(("entity", "live"), [("user", 2), ("attribute:user", 5)])
def test_baseline_and_analysis_from_the_command_line_keep_one_record_per_entity(
    tmp_path: Path, entity: str, live: int
) -> None:
    config, out = project(tmp_path, entity), str(tmp_path / "baseline")
    make_baseline(config, "m", str(tmp_path / "d.csv"), out, None)
    # in each of twelve hours there is a row of ada, of bob, or of both
    hours = {(n % 12, n % 3 > 0) for n in range(600)}
    assert Baseline.from_bytes(Path(out).read_bytes()).reference_records == len(hours)

    report = tmp_path / "report.json"
    capture = str(tmp_path / "capture")
    analyze(AnalyzeOptions(config, "m", out, capture, str(report), None, None, None, None, None))
    assert json.loads(report.read_text())["counts"]["records"] == live


def test_training_data_must_have_the_column_that_an_attribute_names(tmp_path: Path) -> None:
    config = project(tmp_path, "attribute:client")
    with pytest.raises(InputError, match="no column 'client' which entity names"):
        make_baseline(config, "m", str(tmp_path / "d.csv"), str(tmp_path / "baseline"), None)


@pytest.mark.parametrize(
    ("entity", "records"), [("user", 40), ("attribute:user", 400), (None, 400)]
)
def test_the_baseline_of_a_pipeline_keeps_one_row_per_entity(
    tmp_path: Path, entity: str | None, records: int
) -> None:
    model = validate_config({"models": {"m": {**MODEL, "entity": entity}}}).models["m"]
    settings = tmp_path / "settings.json"
    settings.write_text(settings_json("m", model))
    folders = StepPaths(tmp_path)
    times = [f"2026-03-09T{n // 10:02d}:00:00Z" for n in range(200)]
    for folder, name in (("train", "train"), ("predictions", "predictions")):
        (tmp_path / "input" / folder).mkdir(parents=True)
        rows = [f"{n},{'ada' if folder == 'train' else 'bob'},0.5\n" for n in range(200)]
        table = "".join(["age,user,prediction\n", *rows])
        (folders.input(folder) / f"{name}.csv").write_text(table)
    write_times([pd.DataFrame({TIME: times})] * 2, folders.input("train") / "times.csv")
    make_pipeline_baseline(argparse.Namespace(root=tmp_path, settings=settings))
    made = folders.output("baseline") / "model.baseline"
    assert Baseline.from_bytes(made.read_bytes()).reference_records == records
