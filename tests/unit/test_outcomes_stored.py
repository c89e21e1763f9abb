"""Stored outcomes and split points are read unchanged, and other files are refused."""

import zlib
from typing import Any

import msgspec
import numpy as np
import pytest

from driftloop.errors import FormatError, InputError
from driftloop.outcomes import (
    SegmentCodes,
    binning_from_bytes,
    count_binary,
    count_multiclass,
    count_regression,
    fit_binary_binning,
    fit_multiclass_binning,
    fit_regression_binning,
    outcomes_from_bytes,
    outcomes_to_bytes,
)

RANDOM = np.random.default_rng(0)
SEGMENTS = {"city": SegmentCodes(RANDOM.integers(0, 2, 200), ("a", "b"))}
LABELS = RANDOM.integers(0, 2, 200)
BINARY = fit_binary_binning(RANDOM.uniform(size=200), decision_threshold=0.3)
SHARES = RANDOM.dirichlet(np.ones(3), 200)
MULTICLASS = fit_multiclass_binning(("x", "y", "z"), SHARES)
REGRESSION = fit_regression_binning(RANDOM.normal(size=200))
OUTCOMES: dict[str, Any] = {
    "binary": count_binary(BINARY, RANDOM.uniform(size=200), LABELS, segments=SEGMENTS),
    "multiclass": count_multiclass(MULTICLASS, LABELS, probabilities=SHARES, segments=SEGMENTS),
    "regression": count_regression(
        REGRESSION, RANDOM.normal(size=200), RANDOM.normal(size=200), segments=SEGMENTS
    ),
}
BINNINGS = {
    "binary": BINARY,
    "multiclass": MULTICLASS,
    "classes alone": fit_multiclass_binning(("x", "y")),
    "regression": REGRESSION,
}
each_kind = pytest.mark.parametrize("kind", OUTCOMES)


@pytest.mark.parametrize("kind", BINNINGS)
def test_a_stored_binning_is_read_unchanged(kind):
    binning = BINNINGS[kind]
    loaded = binning_from_bytes(binning.to_bytes())
    assert type(loaded) is type(binning)
    assert loaded.to_bytes() == binning.to_bytes()
    assert loaded.fingerprint == binning.fingerprint


def test_binnings_of_other_thresholds_or_classes_are_others():
    scores = np.array([0.1, 0.9])
    thresholds = [fit_binary_binning(scores, decision_threshold=t).fingerprint for t in (0.5, 0.6)]
    assert len(set(thresholds)) == 2
    classes = [fit_multiclass_binning(names).fingerprint for names in (("a", "b"), ("b", "a"))]
    assert len(set(classes)) == 2


@each_kind
def test_a_file_of_another_version_is_refused_with_what_to_do(kind):
    data = outcomes_to_bytes(OUTCOMES[kind]).replace(b"outcomes 1\n", b"outcomes 9\n", 1)
    with pytest.raises(FormatError, match=r"version 9.*reads version 1: count the labeled"):
        outcomes_from_bytes(data)


def test_a_binning_of_another_version_is_refused_with_what_to_do():
    data = BINARY.to_bytes().replace(b"binning 1\n", b"binning 9\n", 1)
    with pytest.raises(FormatError, match=r"version 9.*reads version 1: make the baseline again"):
        binning_from_bytes(data)


@each_kind
@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "another kind"])
def test_a_damaged_file_is_refused(kind, damage):
    data = outcomes_to_bytes(OUTCOMES[kind])
    damaged = {
        "cut": data[:-3],
        "changed": data[:-1] + bytes([data[-1] ^ 1]),
        "empty": b"",
        "another kind": BINARY.to_bytes(),
    }[damage]
    with pytest.raises(FormatError):
        outcomes_from_bytes(damaged)


def _fields(data: bytes) -> tuple[bytes, list]:
    head, _, body = data.partition(b"\n")
    return head, msgspec.msgpack.decode(zlib.decompress(body))


@each_kind
def test_a_field_of_another_form_is_refused(kind):
    head, fields = _fields(outcomes_to_bytes(OUTCOMES[kind]))
    for position in range(2, len(fields)):
        if isinstance(fields[position], int | float):
            continue
        damaged = [*fields]
        damaged[position] = b"1\x00\x01" if isinstance(fields[position], bytes) else "text"
        body = zlib.compress(msgspec.msgpack.encode(damaged))
        with pytest.raises(FormatError):
            outcomes_from_bytes(head + b"\n" + body)


def test_outcomes_of_other_split_points_do_not_add_up():
    other = fit_binary_binning(np.array([0.2, 0.8]))
    with pytest.raises(InputError, match="different split points"):
        OUTCOMES["binary"] + count_binary(other, np.array([0.3]), np.array([1]))


def test_a_month_of_an_hourly_model_is_small():
    hour = outcomes_to_bytes(count_binary(BINARY, RANDOM.uniform(size=40), LABELS[:40]))
    month = outcomes_to_bytes(
        count_binary(BINARY, RANDOM.uniform(size=30_000), RANDOM.integers(0, 2, 30_000))
    )
    assert len(hour) < 1_000
    assert len(month) < 15_000
