"""Resolved labels: the last one of each request, whatever the order of reading."""

import math
import random
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftloop.capture.event_ids import hash_id
from driftloop.label_files import collection_time
from driftloop.labels.resolved import (
    LabelSource,
    ResolvedLabels,
    merge_labels,
    read_resolved_labels,
)
from tests.labels import label_line


def resolve(*files: tuple[str, float, list[bytes]]) -> ResolvedLabels:
    return read_resolved_labels(
        LabelSource(key, collected, [b"\n".join(lines)]) for key, collected, lines in files
    )


def labels_of(resolved: ResolvedLabels, request_id: str) -> tuple[str | None, ...]:
    position = int(np.searchsorted(resolved.ids, np.uint64(hash_id(request_id))))
    codes = resolved.codes[resolved.starts[position] : resolved.starts[position + 1]].tolist()
    return tuple(resolved.values[code] if code >= 0 else None for code in codes)


def content(resolved: ResolvedLabels) -> list[object]:
    """Everything that it holds, to the last bit."""
    values = [getattr(resolved, field.name) for field in fields(resolved)]
    return [v.tobytes() if isinstance(v, np.ndarray) else v for v in values]


def test_the_label_that_was_collected_last_counts() -> None:
    resolved = resolve(
        ("b", 7200.0, [label_line("r", "late")]), ("z", 3600.0, [label_line("r", "early")])
    )
    assert labels_of(resolved, "r") == ("late",)
    assert resolved.values == ("late",)
    assert resolved.collected.tolist() == [7200.0]
    assert resolved.first_collected.tolist() == [3600.0]


def test_of_one_hour_the_greatest_key_and_then_the_last_line_counts() -> None:
    files = [("a", 0.0, [label_line("r", "1"), label_line("s", "1"), label_line("s", "2")])]
    assert labels_of(resolve(*files, ("b", 0.0, [label_line("r", "2")])), "r") == ("2",)
    assert labels_of(resolve(*files), "s") == ("2",)


def test_a_blank_label_overrules_an_earlier_one() -> None:
    resolved = resolve(("a", 0.0, [label_line("r", "1"), label_line("r", "")]))
    assert labels_of(resolved, "r") == ()
    resolved = resolve(("a", 0.0, [label_line("r", "1\n1"), label_line("r", "0\n\n")]))
    assert labels_of(resolved, "r") == ("0",)


def test_each_distinct_unreadable_line_is_counted_once() -> None:
    resolved = resolve(("a", 0.0, [b"x", b"y", b"", b"  "]), ("b", 0.0, [b"x ", b"{}"]))
    assert len(resolved.unreadable) == 3
    assert len(resolved) == 0


def _files(seed: int) -> list[tuple[str, float, list[bytes]]]:
    """Files with repeated, overruled, blank and unreadable lines."""
    draw = random.Random(seed)  # noqa: S311
    ids = [f"request-{number}" for number in range(12)]
    lines = [
        label_line(draw.choice(ids), draw.choice(["0", "1", "1\n0", "", None, "a, b"]))
        for _ in range(40)
    ] + [b"no label", b"{}"]
    return [
        (f"{hour:02d}/{part}", math.nan if part == 3 else 3600.0 * hour, draw.sample(lines, 9))
        for hour in range(4)
        for part in range(4)
    ]


def test_a_thousand_orders_with_repetitions_give_the_same_columns() -> None:
    files = _files(1)
    expected = content(resolve(*files))
    draw = random.Random(2)  # noqa: S311
    for _ in range(1000):
        repeated = [*files, *draw.choices(files, k=5)]
        draw.shuffle(repeated)
        assert content(resolve(*repeated)) == expected


@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_merging_parts_in_any_grouping_gives_the_same_columns(
    seed: int, draw: random.Random
) -> None:
    files = _files(seed)
    parts = [resolve(file) for file in files]
    draw.shuffle(parts)
    while len(parts) > 1:
        taken = [parts.pop() for _ in range(min(len(parts), draw.randint(2, 4)))]
        parts.append(merge_labels([*taken, draw.choice(taken)]))
        draw.shuffle(parts)
    assert content(parts[0]) == content(resolve(*files))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2026/04/18/07/labels.jsonl", 1776499200.0),  # 2026-04-18T08:00:00Z
        ("churn/2026/04/18/07/labels.jsonl", 1776499200.0),
        ("labels.jsonl", math.nan),
        ("2026/13/18/07/labels.jsonl", math.nan),
        ("12026/04/18/07/labels.jsonl", math.nan),
    ],
)
def test_a_label_is_known_at_the_end_of_the_hour_of_its_folder(name: str, expected: float) -> None:
    assert collection_time(name) == pytest.approx(expected, nan_ok=True)
