"""What is frozen before outcomes are counted: split points by problem type.

Outcomes name their binning by its fingerprint, and only those of one binning add up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import msgspec
import numpy as np

from driftloop.errors import FormatError, InputError
from driftloop.file_format import OUTCOME_BINNING_VERSION, decode, encode
from driftloop.outcomes.split_points import (
    MAX_SPLIT_POINTS,
    Floats,
    SplitPoints,
    StoredSplitPoints,
    fit_split_points,
)
from driftloop.profile import Baseline
from driftloop.profile.numeric.counts import NumericBinning, NumericCounts
from driftloop.profile.serialization import decode_struct

KIND = "outcome-binning"

TENTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Scores that are split points of every binary model: another decision threshold among them needs
no other binning, and recounts nothing."""

MAX_CLASS_POINTS, MIN_CLASS_POINTS = 8192, 64
"""Split points of all classes together, and of each class at least."""


class _Binary(msgspec.Struct, tag="binary", array_like=True):
    scores: StoredSplitPoints
    decision_threshold: float


class _Multiclass(msgspec.Struct, tag="multiclass", array_like=True):
    classes: tuple[str, ...]
    probabilities: tuple[StoredSplitPoints, ...]
    confidence: StoredSplitPoints | None


class _Regression(msgspec.Struct, tag="regression", array_like=True):
    absolute_errors: StoredSplitPoints


_Stored = _Binary | _Multiclass | _Regression


class _Frozen:
    """What all binnings have: a stored form, and the fingerprint of it."""

    def _stored(self) -> _Stored:
        raise NotImplementedError

    def to_bytes(self) -> bytes:
        """The stored form: versioned and compressed; equal binnings give equal bytes."""
        return encode(KIND, OUTCOME_BINNING_VERSION, msgspec.msgpack.encode(self._stored()))

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal characters that identify the binning."""
        return blake2b(msgspec.msgpack.encode(self._stored()), digest_size=16).hexdigest()


@dataclass(frozen=True, eq=False)
class BinaryBinning(_Frozen):
    """Split points of the scores of a binary model.

    Attributes:
        scores: Split points of the score of the positive class.
        decision_threshold: A row is predicted positive where its score is at least this.

    Example:
        >>> binning = fit_binary_binning(np.array([0.2, 0.7, 0.7]))
        >>> binning.scores.points[:3]
        array([0.1, 0.2, 0.3])
        >>> binning_from_bytes(binning.to_bytes()).fingerprint == binning.fingerprint
        True
    """

    scores: SplitPoints
    decision_threshold: float

    def _stored(self) -> _Stored:
        return _Binary(self.scores.to_stored(), self.decision_threshold)


@dataclass(frozen=True, eq=False)
class MulticlassBinning(_Frozen):
    """Classes, and split points of their probabilities.

    Attributes:
        classes: Names of the classes, in the order of the codes.
        probabilities: Split points of the probability of each class; empty where only the predicted
            class is known.
        confidence: Split points of the probability of the predicted class, likewise.
    """

    classes: tuple[str, ...]
    probabilities: tuple[SplitPoints, ...]
    confidence: SplitPoints | None

    def _stored(self) -> _Stored:
        return _Multiclass(
            self.classes,
            tuple(one.to_stored() for one in self.probabilities),
            None if self.confidence is None else self.confidence.to_stored(),
        )


@dataclass(frozen=True, eq=False)
class RegressionBinning(_Frozen):
    """Split points of the absolute error of a regression, as the holdout has it."""

    absolute_errors: SplitPoints

    def _stored(self) -> _Stored:
        return _Regression(self.absolute_errors.to_stored())


OutcomeBinning = BinaryBinning | MulticlassBinning | RegressionBinning


def fit_binary_binning(
    scores: Floats,
    *,
    decision_threshold: float = 0.5,
    max_split_points: int = MAX_SPLIT_POINTS,
) -> BinaryBinning:
    """Fit split points on the scores of a holdout, or of the data itself where there is none.

    Args:
        scores: float64[n] of the positive class; the same scores in any order give the same.
        decision_threshold: A row is predicted positive where its score is at least this.
        max_split_points: Split points, without the thresholds.
    """
    required = (*TENTHS, _checked(decision_threshold))
    split_points = fit_split_points(scores, required=required, max_split_points=max_split_points)
    return BinaryBinning(split_points, decision_threshold)


def binary_binning_of(baseline: Baseline, *, decision_threshold: float = 0.5) -> BinaryBinning:
    """The binning of a baseline's predictions, which are those for its holdout.

    Args:
        baseline: A baseline with predictions of a binary model.
        decision_threshold: A row is predicted positive where its score is at least this.

    Raises:
        InputError: The baseline has no predicted scores.
    """
    binning, counts = baseline.binnings.prediction, baseline.reference.prediction
    if not isinstance(binning, NumericBinning) or not isinstance(counts, NumericCounts):
        raise InputError(
            "the baseline has no predicted scores: make it again with `driftloop baseline`, and"
            " name the column of the predictions with --prediction"
        )
    # a value between two split points counts at the one above it
    rows = counts.counts_at + counts.counts_between[:-1]
    scores = np.repeat(binning.split_points, rows)
    return fit_binary_binning(scores, decision_threshold=decision_threshold)


def fit_multiclass_binning(
    classes: Sequence[str], probabilities: Floats | None = None
) -> MulticlassBinning:
    """Fit split points on the probabilities of a holdout.

    Args:
        classes: Names of the classes; their positions are the codes.
        probabilities: float64[n, classes]; None where only predicted classes are known.

    Raises:
        InputError: There are fewer than two classes, two of one name, or another number of columns.
    """
    names = tuple(classes)
    if len(names) < 2 or len(set(names)) < len(names):
        raise InputError(f"classes: two names or more, each once (found {', '.join(names)})")
    if probabilities is None:
        return MulticlassBinning(names, (), None)
    if probabilities.ndim != 2 or probabilities.shape[1] != len(names):
        raise InputError(
            f"probabilities: a column for each of the {len(names)} classes"
            f" (found the shape {probabilities.shape})"
        )
    count = min(MAX_SPLIT_POINTS, max(MIN_CLASS_POINTS, MAX_CLASS_POINTS // len(names)))
    return MulticlassBinning(
        names,
        tuple(fit_split_points(column, max_split_points=count) for column in probabilities.T),
        fit_split_points(probabilities.max(axis=1), required=TENTHS, max_split_points=count),
    )


def fit_regression_binning(absolute_errors: Floats) -> RegressionBinning:
    """Fit split points on the absolute errors of a holdout, float64[n]."""
    return RegressionBinning(fit_split_points(np.abs(absolute_errors)))


def binning_from_bytes(data: bytes) -> OutcomeBinning:
    """Read a stored binning.

    Raises:
        FormatError: The bytes are no binning of outcomes, have another version or are damaged.
    """
    body = decode(KIND, OUTCOME_BINNING_VERSION, data)
    stored: _Stored = decode_struct(KIND, body, _Stored)
    try:
        return _from_stored(stored)
    except (IndexError, ValueError) as error:
        raise FormatError(f"this {KIND} is damaged: {error}") from error


def _from_stored(stored: _Stored) -> OutcomeBinning:
    if isinstance(stored, _Binary):
        return BinaryBinning(SplitPoints.from_stored(stored.scores), stored.decision_threshold)
    if isinstance(stored, _Regression):
        return RegressionBinning(SplitPoints.from_stored(stored.absolute_errors))
    return MulticlassBinning(
        stored.classes,
        tuple(SplitPoints.from_stored(one) for one in stored.probabilities),
        None if stored.confidence is None else SplitPoints.from_stored(stored.confidence),
    )


def _checked(decision_threshold: float) -> float:
    if not np.isfinite(decision_threshold):
        raise InputError(f"decision_threshold: a number (found {decision_threshold})")
    return decision_threshold
