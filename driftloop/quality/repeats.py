"""Finds records that were sent again: equal to another one far more often than training rows are.

The event ids of such records differ, so they are no duplicates of captured files. They look like
drift of every column, and are none: a client repeats a request, a job runs in a loop, a default
stands for what could not be read. Equal records are looked for in the kept sample of the window.
How many are usual is the larger of two figures: the share of training rows that repeat another, and
what chance makes of the training data's pairs of equal rows in a sample of this size.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from driftloop.profile import Baseline, Profile
from driftloop.profile.categorical import CategoricalBinning
from driftloop.profile.repetition import (
    Repetition,
    compared_positions,
    count_repetition,
    row_hashes,
)
from driftloop.quality.violations import Constraint, QualityLimits, Violation, percent

MIN_SAMPLED = 100
"""Sampled records that a window needs."""

CONFIDENCE = 0.99
"""Confidence of the upper limit of the training data's pairs of equal rows."""

DEPENDENCE = 10.0
"""How many times more often the columns of two records may be equal together than independent
columns would be. Where one column stands still, records are equal in the others by chance."""


@dataclass(frozen=True, slots=True)
class RepeatedRecords:
    """The share of the sampled records that repeat another one, and what share is usual.

    ``allowed_share`` is what the limit adds to the usual share, ``most_frequent`` the share of the
    most frequent record.
    """

    share: float
    usual_share: float
    allowed_share: float
    most_frequent: float

    def to_violation(self) -> Violation:
        """The violation."""
        message = (
            f"{percent(self.share)} of the records repeat the values of another record, and"
            f" {percent(self.usual_share)} are usual; the most frequent one makes up"
            f" {percent(self.most_frequent)}: requests were sent again"
        )
        return Violation(None, Constraint.REPEATED_RECORDS, self.share, self.allowed_share, message)


def find_repeats(
    baseline: Baseline, profile: Profile, limits: QualityLimits
) -> RepeatedRecords | None:
    """Find out whether too many of a window's records repeat another one.

    Args:
        baseline: Knows how often training rows are equal.
        profile: Has the window's sample.
        limits: How many are too many.

    Returns:
        What was found; None where no more records repeat another than allowed, or where the columns
        by themselves explain the equal records.
    """
    usual = baseline.repetition
    if usual is None:
        return None
    values = _comparable(baseline, profile)
    hashes = row_hashes(list(values.T), len(values))
    found = count_repetition(hashes)
    if found.rows < MIN_SAMPLED:
        return None
    share, usual_share = found.copies / found.rows, _usual_share(usual, found.rows)
    allowed = usual_share + limits.max_repeated_share
    if share < allowed or found.pairs <= DEPENDENCE * _pairs_by_chance(values):
        return None
    _, counts = np.unique(hashes, return_counts=True)
    return RepeatedRecords(
        share=share,
        usual_share=usual_share,
        allowed_share=allowed,
        most_frequent=float(counts.max()) / found.rows,
    )


def _comparable(baseline: Baseline, profile: Profile) -> NDArray[np.float32]:
    """Values float32[k, columns] of the sampled records, without duplicates of one event and
    without records of new categories, which are all equal in samples."""
    sample, binnings = profile.counts.sample, baseline.binnings.features
    names = list(binnings)
    positions = compared_positions(baseline.schema, names, baseline.excluded_features)
    _, first = np.unique(sample.hashes, return_index=True)
    values = sample.values[first][:, positions]
    is_new = np.zeros(len(values), dtype=np.bool_)
    for column, position in enumerate(positions):
        binning = binnings[names[position]]
        if isinstance(binning, CategoricalBinning) and binning.is_exhaustive:
            is_new |= values[:, column] == len(binning.categories)
    return np.asarray(values[~is_new & ~np.isnan(values).all(axis=1)])


def _pairs_by_chance(values: NDArray[np.float32]) -> float:
    """Expected pairs of equal records if the columns were independent."""
    k = len(values)
    all_pairs = k * (k - 1) / 2
    shares = [count_repetition(row_hashes([column], k)).pairs / all_pairs for column in values.T]
    return float(np.prod(shares)) * all_pairs


def _usual_share(usual: Repetition, records: int) -> float:
    """The largest share of ``records`` that may repeat another as training rows do."""
    if usual.rows < 2:
        return 1.0
    # upper limit of a Poisson count (Garwood, Biometrika 28, 1936)
    pairs = float(gammaincinv(usual.pairs + 1, CONFIDENCE))
    by_chance = pairs / (usual.rows * (usual.rows - 1) / 2) * (records - 1) / 2
    return min(1.0, max(usual.copies / usual.rows, by_chance))
