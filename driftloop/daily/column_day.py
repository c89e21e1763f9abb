"""What a statistic reads: one column of a day beside its reference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from driftloop.daily.broken_records import BrokenRecords, records_in_own_hour
from driftloop.daily.day import DAY_HOURS, Counts
from driftloop.profile.numeric.precision import Floats

MIN_HOUR_VALUES = 50
"""Values of the reference that an hour must have to be compared by itself."""

MAX_SCORE = 2.5
"""Normal scores are cut here: rare values count, but do not dominate the mean."""


@dataclass(frozen=True, eq=False)
class TablePair:
    """The table of a column and a partner, of the reference and of the day, int64[6, 6] each."""

    reference: Counts
    current: Counts


def _no_missing() -> Counts:
    return np.zeros(DAY_HOURS, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class ColumnDay:
    """A column of a day and its reference.

    Attributes:
        is_numeric: Whether its values have an order.
        reference: int64[24, cells], values of the reference by local hour.
        current: int64[24, cells], values of the day.
        reference_missing: int64[24], missing values of the reference by local hour.
        current_missing_by_hour: int64[24], missing values of the day.
        unseen: Values of the day that are new; None where these can't be recognized.
        out_of_range: Values of the day far outside of all earlier ones; None for categories.
        tables: Its tables with its partners.
        new_values: Values of the day that are new, by name.
    """

    is_numeric: bool
    reference: Counts
    current: Counts
    reference_missing: Counts = field(default_factory=_no_missing)
    current_missing_by_hour: Counts = field(default_factory=_no_missing)
    unseen: float | None = None
    out_of_range: int | None = None
    tables: Sequence[TablePair] = ()
    new_values: tuple[str, ...] = ()

    @cached_property
    def values(self) -> int:
        """Values of the day."""
        return int(self.current.sum())

    @cached_property
    def current_missing(self) -> int:
        """Missing values of the day."""
        return int(self.current_missing_by_hour.sum())

    @property
    def broken(self) -> Mapping[str, BrokenRecords]:
        """Broken records by statistic, as far as they are known."""
        values = self.current.sum(axis=1)
        in_hour = records_in_own_hour(values)
        records = values + self.current_missing_by_hour
        found = {
            "missing": BrokenRecords(
                self.current_missing, int(records.sum()), records_in_own_hour(records)
            )
        }
        if self.unseen is not None:
            found["unseen"] = BrokenRecords(self.unseen, self.values, in_hour)
        if self.out_of_range is not None:
            found["out_of_range"] = BrokenRecords(self.out_of_range, self.values, in_hour)
        return found

    @cached_property
    def usual_missing_share(self) -> float:
        """The share of missing values of the reference, if its hours had the day's traffic.

        An hour with too few records has the share of all hours.
        """
        missing, rows = self.reference_missing, self.reference.sum(axis=1) + self.reference_missing
        all_hours = float(missing.sum()) / max(int(rows.sum()), 1)
        by_hour = np.where(rows >= MIN_HOUR_VALUES, missing / np.maximum(rows, 1), all_hours)
        current = self.current.sum(axis=1) + self.current_missing_by_hour
        return float(by_hour @ current / current.sum()) if current.any() else all_hours

    @cached_property
    def shares(self) -> Floats:
        """float64[cells]: shares of the day's values."""
        return np.asarray(self.current.sum(axis=0) / max(self.values, 1))

    @cached_property
    def hourly_reference(self) -> Counts:
        """int64[24, cells]: the reference of each hour; of all hours where the hour has too few."""
        enough = self.reference.sum(axis=1, keepdims=True) >= MIN_HOUR_VALUES
        return np.where(enough, self.reference, self.reference.sum(axis=0, keepdims=True))

    @cached_property
    def expected(self) -> Floats:
        """float64[cells]: shares of the reference, if its hours had the day's traffic."""
        weights = self.current.sum(axis=1) / max(self.values, 1)
        totals = np.maximum(self.hourly_reference.sum(axis=1), 1)
        return np.asarray((weights / totals) @ self.hourly_reference)

    @cached_property
    def scores(self) -> Floats:
        """float64[24, cells]: normal scores of the mid-ranks in the reference of the same hour.

        Van der Waerden, "Order tests for the two-sample problem", Indagationes Mathematicae 14
        (1952), with mid-ranks for ties, and cut at +-``MAX_SCORE``.
        """
        counts = self.hourly_reference
        n = np.maximum(counts.sum(axis=1, keepdims=True), 1)
        ranks = (np.cumsum(counts, axis=1) - counts / 2) / n
        half = 0.5 / n
        scores = ndtri(np.clip(ranks, half, 1 - half))
        return np.asarray(np.clip(scores, -MAX_SCORE, MAX_SCORE))

    @cached_property
    def mean_score(self) -> float:
        """Mean of the day's normal scores."""
        return float((self.current * self.scores).sum() / max(self.values, 1))

    @cached_property
    def distinct_scores(self) -> int:
        """Different scores of the reference's values: a few mean that the values are few."""
        return len(np.unique(self.scores[self.hourly_reference > 0].round(6)))


def angle(share: float) -> float:
    """2 asin sqrt of a share: differences of it are Cohen's h."""
    return float(2 * np.arcsin(np.sqrt(min(max(share, 0.0), 1.0))))
