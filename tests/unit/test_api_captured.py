"""Captured folders are read with a baseline's schema, and profiles of any records add up."""

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import driftloop as dl


@pytest.fixture(scope="module")
def baseline() -> Any:
    return dl.Baseline.fit(dl.load_example()[0])


@pytest.fixture
def folder(tmp_path: Path) -> str:
    dl.write_example(str(tmp_path))
    return str(tmp_path / "captured")


def records(batches: dl.CapturedBatches) -> int:
    return sum(len(batch) for batch, _ in batches)


def test_a_folder_a_file_and_a_path_are_read(baseline: Any, folder: str) -> None:
    assert records(dl.read_capture(folder, baseline)) == 500
    (file, *_) = sorted(Path(folder).rglob("*.jsonl"))
    assert records(dl.read_capture(str(file), baseline)) == 100
    assert records(dl.read_capture(file, baseline)) == 100


def test_batches_can_be_read_again(baseline: Any, folder: str) -> None:
    batches = dl.read_capture(folder, baseline)
    assert records(batches) == records(batches) == 500


def test_a_list_of_batches_gives_the_same_report_as_reading_them(
    baseline: Any, folder: str
) -> None:
    batches = dl.read_capture(folder, baseline)
    assert dl.compare(baseline, list(batches)) == dl.compare(baseline, batches)
    assert dl.compare(baseline, iter(batches)) == dl.compare(baseline, batches)


def test_start_and_end_bound_the_window(baseline: Any, folder: str) -> None:
    end = datetime(2026, 4, 18, 3, tzinfo=UTC)
    batches = dl.read_capture(folder, baseline, start="2026-04-18T01:00:00Z", end=end)
    report = dl.compare(baseline, batches)
    assert report.counts.lines_used == 200
    assert report.counts.lines_skipped == {"outside_window": 300}
    assert report.window is not None
    assert report.window.to_dict() == {
        "start": "2026-04-18T01:00:00Z",
        "end": "2026-04-18T03:00:00Z",
    }


def test_duplicate_files_are_read_once_and_noted(baseline: Any, folder: str) -> None:
    file = min(Path(folder).rglob("*.jsonl"))
    file.with_name("copy.jsonl").write_bytes(file.read_bytes())
    batches = dl.read_capture(folder, baseline)
    assert (len(batches.files), len(batches.duplicates)) == (5, 1)
    report = dl.compare(baseline, batches)
    assert report.counts.lines_read == 500
    assert "1 file repeats the content of another file" in report.notes[-1]


def test_only_the_first_record_of_an_entity_counts(baseline: Any, folder: str) -> None:
    assert records(dl.read_capture(folder, baseline, entity="station")) == 4


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"uri": "absent"}, "absent: there is no such folder"),
    ({"start": "2026-04-18T00:00:00"}, "start: '2026-04-18T00:00:00' has no time zone"),
    ({"end": datetime(2026, 4, 18)}, "has no time zone"),  # noqa: DTZ001
    ({"start": "2026-04-18T00:00:00Z", "end": "2026-04-17T00:00:00Z"}, "must come after the start"),
    ({"variant": "Other"}, "no captures of a variant 'Other'; there are rentals/AllTraffic"),
    ({"entity": "user"}, "entity 'user' is not a feature"),
    ({"start": "yesterday"}, "start: 'yesterday' is no time: write ISO 8601 with its zone, as in"),
    ({"start": 5}, "start=5: give ISO 8601 text or a datetime, with a time zone"),
    ({"end": datetime(2026, 4, 18, tzinfo=UTC).date()}, "end=.*: give ISO 8601 text or a datetime"),
    ({"variant": 1}, "variant=1: give one name, as a string"),
    ({"uri": None}, "None is no path: give a local path, or s3://bucket/key"),
    ({"uri": ""}, "the path is empty: give a local path, or s3://bucket/key"),
    ({"baseline": "m.baseline"}, r"load it with driftloop.Baseline.load\('m.baseline'\)"),
    (
        {"baseline": {}},
        "a Baseline is needed, and dict was given; make one with driftloop.Baseline",
    ),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_the_error_of_an_unreadable_source_has_the_reason(
    baseline: Any, folder: str, change: dict[str, Any], message: str
) -> None:
    arguments = {"uri": folder, "baseline": baseline, **change}
    with pytest.raises(dl.InputError, match=message):
        dl.read_capture(**arguments)


def test_an_empty_folder_gives_a_report_that_says_so(baseline: Any, tmp_path: Path) -> None:
    report = dl.compare(baseline, dl.read_capture(tmp_path, baseline))
    assert report.verdict == "insufficient_data"
    assert report.notes[-1].startswith("There are no files to read")


def test_a_gzip_file_is_read_and_a_truncated_one_is_counted(
    baseline: Any, folder: str, tmp_path: Path
) -> None:
    data = gzip.compress(min(Path(folder).rglob("*.jsonl")).read_bytes())
    (tmp_path / "whole.jsonl.gz").write_bytes(data)
    (tmp_path / "part.jsonl.gz").write_bytes(data[:-500])
    assert records(dl.read_capture(tmp_path / "whole.jsonl.gz", baseline)) == 100
    counts = dl.compare(baseline, dl.read_capture(tmp_path / "part.jsonl.gz", baseline)).counts
    assert "corrupt_gzip" in counts.lines_rejected


def test_batches_and_profiles_have_a_short_form(baseline: Any, folder: str) -> None:
    batches = dl.read_capture(folder, baseline)
    assert repr(batches).startswith("<CapturedBatches of 5 files, ")
    assert repr(dl.build_profile(baseline, batches)) == "<Profile of 500 records>"


def test_a_profile_of_no_baseline_is_an_error() -> None:
    reference, current = dl.load_example()
    with pytest.raises(dl.InputError, match="baseline: a Baseline is needed, and DataFrame was"):
        dl.build_profile(reference, current)  # type: ignore[arg-type]
