"""Captured files in unusual folders, and requests of unusual shapes."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from driftloop.capture.line_counts import RejectedLineError, RejectReason
from driftloop.capture.request_rows import RequestRowReader
from driftloop.capture_files import CapturedBatches, open_capture, open_files
from driftloop.payload_mapping import PayloadMapping
from driftloop.schema import Kind, ProblemType, Schema
from driftloop.storage import list_files
from driftloop.window import Window

SCHEMA = Schema.from_columns(
    {"age": Kind.NUMERIC, "city": Kind.CATEGORICAL},
    target="label",
    problem_type=ProblemType.REGRESSION,
)
NESTED = PayloadMapping(feature_keys={"age": "customer.age", "city": "customer.city"})
WINDOW = Window(datetime(2026, 1, 31, 8, tzinfo=UTC), datetime(2026, 1, 31, 9, tzinfo=UTC))


def _open_folder(folder: Path, contents: dict[str, bytes]) -> CapturedBatches:
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return open_capture(str(folder), SCHEMA)


def _rejection(document: object, mapping: PayloadMapping | None = None) -> RejectedLineError:
    reader = RequestRowReader(SCHEMA, mapping or PayloadMapping())
    with pytest.raises(RejectedLineError) as caught:
        reader.read(document)
    return caught.value


def test_a_note_counts_several_repeated_files(tmp_path: Path) -> None:
    same = b'{"line": 1}\n'
    batches = _open_folder(tmp_path, {"a.jsonl": same, "b.jsonl": same, "c.jsonl": same})
    assert [file.name for file in batches.files] == ["a.jsonl"]
    assert batches.notes == [
        "2 files repeat the content of other files and are skipped: b.jsonl, c.jsonl."
    ]


def test_a_line_is_found_only_in_a_read_file_and_by_a_number_it_has(tmp_path: Path) -> None:
    batches = _open_folder(tmp_path, {"a.jsonl": b"first\nsecond\n"})
    line = batches.find_line("a.jsonl", 2)
    assert line is not None
    assert (line.number, line.data) == (2, b"second")
    assert batches.find_line("a.jsonl", 3) is None
    assert batches.find_line("other.jsonl", 1) is None


def test_only_files_near_the_window_or_of_no_real_hour_are_kept(tmp_path: Path) -> None:
    hours = {
        "2026/01/31/06": False,
        "2026/01/31/07": True,
        "2026/01/31/08": True,
        "2026/01/31/09": True,
        "2026/01/31/10": False,
        "2026/13/31/08": True,
    }
    for hour in hours:
        folder = tmp_path / "AllTraffic" / hour
        folder.mkdir(parents=True)
        (folder / "a.jsonl").write_text(hour)
    batches = open_capture(str(tmp_path), SCHEMA, window=WINDOW, only_hours=True)
    kept = [f"AllTraffic/{hour}/a.jsonl" for hour, is_kept in hours.items() if is_kept]
    assert [file.name for file in batches.files] == kept


def test_a_progress_bar_on_a_terminal_leaves_the_files_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"first\n")
    (tmp_path / "b.jsonl").write_bytes(b"second\n")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    found = [(name, stream.read()) for name, stream in open_files(list_files(str(tmp_path)))]
    assert found == [("a.jsonl", b"first\n"), ("b.jsonl", b"second\n")]
    output = capsys.readouterr()
    assert "reading 2 files" in output.err
    assert "13/13 bytes" in output.err
    assert output.out == ""


def test_columns_of_the_split_form_must_be_names() -> None:
    error = _rejection({"columns": ["age", 2], "data": [[31, "Bern"]]})
    assert error.reason is RejectReason.UNREADABLE_PAYLOAD
    assert error.detail == "the key `columns` must hold names"


def test_a_row_in_a_list_of_its_own_is_read() -> None:
    document = [[[31, "Bern"]], [{"age": 32, "city": "Basel"}]]
    assert RequestRowReader(SCHEMA).read(document) == [[31, "Bern"], [32, "Basel"]]


def test_an_item_of_a_list_with_several_rows_is_rejected() -> None:
    error = _rejection([{"age": [31, 32], "city": ["Bern", "Basel"]}])
    assert error.reason is RejectReason.UNREADABLE_PAYLOAD
    assert error.detail == "an item of a list must be one row"


def test_rows_by_path_need_feature_keys() -> None:
    with pytest.raises(TypeError, match="the model has no feature keys"):
        RequestRowReader(SCHEMA)._from_paths({"age": 31})


def test_an_object_without_a_value_at_any_path_is_rejected() -> None:
    error = _rejection({"customer": {"name": "A"}, "basket": 1}, NESTED)
    assert error.reason is RejectReason.NO_KNOWN_FEATURES
    assert error.detail == "names: basket, customer"


def test_columns_at_paths_must_have_one_length() -> None:
    error = _rejection({"customer": {"age": [31, 32], "city": ["Bern"]}}, NESTED)
    assert error.reason is RejectReason.UNREADABLE_PAYLOAD
    assert error.detail == "columns of different lengths"
