import codecs
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from driftloop import gzip_text
from driftloop.labels import LabelCounter, count, read_labels, split_lines
from driftloop.labels.count import MAX_BYTES, MAX_LINES_WITHOUT_LABEL

NESTED = b"[" * 100_000
HOSTILE_LINES = [
    b'{"x": ' + NESTED,
    b'{"groundTruthData": {"data": "1"}, "eventMetadata": {"eventId": "e"}, "x": ' + NESTED,
    b'{"groundTruthData": {"data": "' + NESTED + b'", "encoding": "JSON"},'
    b' "eventMetadata": {"eventId": "e"}}',
    '{"groundTruthData": {"data": "é", "encoding": "BASE64"},'
    ' "eventMetadata": {"eventId": "e"}}'.encode(),
    b'{"groundTruthData": {"data": ' + b"1" * 5_000 + b'}, "eventMetadata": {"eventId": "e"}}',
    b'{"groundTruthData": {"data": "\\ud800"}, "eventMetadata": {"eventId": "e"}}',
    b"\x00",
]


def _line(request_id: str, data: str | None) -> bytes:
    return json.dumps(
        {"groundTruthData": {"data": data}, "eventMetadata": {"eventId": request_id}}
    ).encode()


def _file(*lines: bytes) -> Iterator[bytes]:
    return iter([b"\n".join(lines)])


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_a_byte_order_mark_is_no_part_of_the_first_line(size: int) -> None:
    data = codecs.BOM_UTF8 + _line("a", "1") + b"\n" + _line("b", "0")
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert read_labels(split_lines(pieces)).labels == {"a": ("1",), "b": ("0",)}


@pytest.mark.parametrize("size", [1, 2, 1000])
@pytest.mark.parametrize("members", [1, 2])
def test_a_gzip_file_is_recognized_by_its_first_bytes(size: int, members: int) -> None:
    lines = [codecs.BOM_UTF8 + _line("a", "1") + b"\n", _line("b", "0") + b"\n"]
    parts = [b"".join(lines)] if members == 1 else lines
    data = b"".join(gzip.compress(part) for part in parts)
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert read_labels(split_lines(pieces)).labels == {"a": ("1",), "b": ("0",)}
    counter = LabelCounter(10)
    counter.add_file(pieces)
    assert counter.label_count == 2


def test_of_a_truncated_gzip_file_the_labels_before_its_end_count() -> None:
    lines = b"\n".join(_line(f"request-{number}", "1") for number in range(5_000))
    data = gzip.compress(lines)
    ground_truth = read_labels(split_lines([data[: len(data) // 2]]))
    assert 1_000 < ground_truth.label_count < 5_000
    assert ground_truth.unreadable >= 1


def test_a_gzip_file_with_far_more_text_than_labels_make_is_not_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gzip_text, "MIN_GZIP_TEXT", 1 << 16)
    data = gzip.compress(_line("a", "1") + b"\n" + b" " * (1 << 26) + b"\n" + _line("b", "0"))
    ground_truth = read_labels(split_lines([data]))
    assert ground_truth.labels == {"a": ("1",)}
    assert ground_truth.unreadable >= 1


def test_the_text_of_gzip_files_is_read_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count, "MAX_BYTES", 1 << 20)
    data = gzip.compress(b" " * (1 << 19) + b"\n")
    assert len(data) < 1 << 10
    counter = LabelCounter(2)
    for _ in range(2):
        counter.add_file([data])
    assert counter.limit_reached == "the newest files have more than 1 MiB"


@pytest.mark.parametrize("line", HOSTILE_LINES)
def test_no_line_stops_the_lines_after_it(line: bytes) -> None:
    ground_truth = read_labels([line, _line("good", "1")])
    assert ground_truth.labels == {"good": ("1",)}
    assert ground_truth.unreadable == 1


@given(
    st.lists(
        st.sampled_from(
            [
                *[line[:200] for line in HOSTILE_LINES],
                *[
                    _line(name, data)
                    for name in "abc"
                    for data in ("1", "1\n\n0", "", None, "x\ny")
                ],
                b"",
            ]
        )
    )
)
def test_one_file_has_as_many_labels_as_training_reads_from_it(lines: list[bytes]) -> None:
    counter = LabelCounter(1_000)
    counter.add_file(_file(*lines))
    assert counter.label_count == read_labels(lines).label_count


@given(st.binary(max_size=60), st.integers(1, 7))
def test_lines_do_not_depend_on_the_pieces_in_which_they_arrive(data: bytes, size: int) -> None:
    assume(not data.startswith(b"\x1f\x8b"))
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    expected = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
    assert list(split_lines(pieces)) == (expected if expected[-1] else expected[:-1])


@given(st.binary(max_size=60), st.integers(1, 7), st.integers(1, 5))
def test_a_line_is_cut_at_its_longest_length(data: bytes, size: int, longest: int) -> None:
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    expected = [line[:longest] for line in split_lines([data])]
    assert list(split_lines(pieces, longest)) == expected


def test_a_newer_file_has_the_last_word_on_a_request() -> None:
    counter = LabelCounter(10)
    counter.add_file(_file(_line("a", ""), _line("b", "1\n0")))
    counter.add_file(_file(_line("a", "1"), _line("b", "1"), _line("c", "1")))
    assert counter.label_count == 3


def test_it_stops_at_the_required_number() -> None:
    read = []

    def pieces() -> Iterator[bytes]:
        for number in range(100):
            read.append(number)
            yield _line(str(number), "1") + b"\n"

    counter = LabelCounter(3)
    counter.add_file(pieces())
    assert (counter.label_count, counter.is_done, counter.limit_reached) == (3, True, None)
    assert len(read) == 4


@pytest.mark.parametrize("line", [b"", b"garbage", _line("e", None), _line("again", "1")])
def test_lines_without_a_new_label_are_read_up_to_a_limit(line: bytes) -> None:
    counter = LabelCounter(2)
    counter.add_file(_file(_line("again", "1"), *[line] * (MAX_LINES_WITHOUT_LABEL + 4)))
    assert counter.is_done
    assert counter.limit_reached is not None
    assert f"{MAX_LINES_WITHOUT_LABEL + 2:,} lines" in counter.limit_reached
    assert counter.label_count == 1


def test_bytes_are_read_up_to_a_limit_also_without_a_line_end() -> None:
    piece = b"x" * (1 << 20)
    counter = LabelCounter(2)
    counter.add_file(piece for _ in range((MAX_BYTES >> 20) + 1))
    assert counter.limit_reached == "the newest files have more than 256 MiB"


FILES = {
    "one endless line": 'b"x" * (1 << 20)',
    "short garbage": 'b"1\\n" * (1 << 19)',
    "one request again and again": f"({_line('e', '1')!r} + b'\\n') * 10_000",
    "blank labels of other requests": (
        f"b''.join({_line('%d-%d', '')!r} % (number, row) + b'\\n' for row in range(10_000))"
    ),
}


@pytest.mark.parametrize("piece", FILES.values(), ids=FILES.keys())
def test_memory_does_not_grow_with_the_files(piece: str) -> None:
    """The function has 512 MB, of which the interpreter and boto3 take some 100."""
    program = (
        "import resource\n"
        "from driftloop.labels import LabelCounter\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"LabelCounter(1000).add_file({piece} for number in range(300))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    grown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert int(grown) < 100 * 1024
