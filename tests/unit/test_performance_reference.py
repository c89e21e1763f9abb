"""The outcomes of held-out rows in a baseline's file."""

import numpy as np
import pytest

from driftloop.capture import RecordBatch
from driftloop.errors import FormatError, InputError
from driftloop.file_format import check_baseline
from driftloop.performance.reference import (
    MIN_ROWS,
    ReferenceOutcomes,
    reference_outcomes,
    with_reference_outcomes,
)
from driftloop.profile import Baseline, fit_baseline
from driftloop.schema import Feature, Kind, ProblemType, Schema

SCHEMA = Schema((Feature("x", Kind.NUMERIC),), "y", ProblemType.BINARY_CLASSIFICATION)


def fitted(count: int = 200, labels: list[object] | None = None) -> tuple[Baseline, Baseline]:
    """A baseline without outcomes, and with those of its rows, one day for each 50 of them."""
    scores = np.linspace(0.01, 0.99, count)
    times = np.repeat(np.arange(count // 50 + 1), 50)[:count] * 86_400.0 + 1e9
    batch = RecordBatch.from_columns(SCHEMA, {"x": np.arange(count) % 5}, scores, times)
    plain = fit_baseline(batch)
    own = [int(n % 3 == 0) for n in range(count)] if labels is None else labels
    return plain, with_reference_outcomes(plain, [batch], [own])


def test_outcomes_are_kept_by_day_and_leave_the_fingerprint_as_it_is() -> None:
    plain, baseline = fitted()
    assert baseline.fingerprint == plain.fingerprint
    read = Baseline.from_bytes(baseline.to_bytes())
    assert read.to_bytes() == baseline.to_bytes()
    check_baseline(baseline.to_bytes())
    found = reference_outcomes(read)
    assert found is not None
    assert found.classes == ("0", "1")
    assert [outcomes.labeled for _, outcomes in found.days] == [50] * 4


def test_a_baseline_without_outcomes_has_the_bytes_that_it_had() -> None:
    plain, _ = fitted()
    assert plain.outcomes_bytes is None
    assert reference_outcomes(Baseline.from_bytes(plain.to_bytes())) is None


def test_too_few_labeled_rows_are_no_reference() -> None:
    known: list[object] = [1] * (MIN_ROWS - 1)
    _, baseline = fitted(labels=known + [None] * (200 - len(known)))
    assert baseline.outcomes_bytes is None


def test_labels_of_more_than_two_classes_are_an_error() -> None:
    with pytest.raises(InputError, match="3 classes"):
        fitted(labels=[n % 3 for n in range(200)])


def test_damaged_outcomes_are_refused() -> None:
    _, baseline = fitted()
    assert baseline.outcomes_bytes is not None
    with pytest.raises(FormatError):
        ReferenceOutcomes.from_bytes(baseline.outcomes_bytes[:-4])
    with pytest.raises(FormatError):
        check_baseline(baseline.to_bytes()[:-4])
