"""The report on a model's performance as a type; its JSON has these fields in this order.

Equal labels give equal bytes, in whatever order, how often and beside whatever overruled labels
they were read. Numbers that are not known are null.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self

import msgspec

from driftloop.errors import FormatError

FORMAT_VERSION: Final = 1


class PerformanceVerdict(StrEnum):
    """What the labels say of a model."""

    STABLE = "stable"
    DEGRADED = "degraded"
    IMMATURE = "immature"
    LABEL_DELAY_CHANGED = "label_delay_changed"
    INSUFFICIENT_DATA = "insufficient_data"


class DayStatus(StrEnum):
    """How much of a day's labels has arrived.

    ``MATURE``: all that are expected, or all but a few. ``WEIGHTED``: not all of them, and each
    counts for those that are as old and still to come. ``IMMATURE``: too few of some kind to weight
    them. ``UNLABELED``: none.
    """

    MATURE = "mature"
    WEIGHTED = "weighted"
    IMMATURE = "immature"
    UNLABELED = "unlabeled"


class ScoreEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """A score of all labels that count, with its interval.

    ``bound`` is the largest error of ``value`` from counting on split points, 0 where it is exact.
    ``method`` says what the interval is made of, ``undefined`` why there is no value.
    ``lowest`` and ``highest`` need no assumption: the score if all records that have no label yet
    had the worst or the best one; null where the score has no such bounds.
    """

    value: float | None
    low: float | None
    high: float | None
    bound: float
    method: str | None = None
    undefined: str | None = None
    lowest: float | None = None
    highest: float | None = None


class ScoreChange(msgspec.Struct, frozen=True, kw_only=True):
    """A score of the last days beside the baseline's held-out records.

    ``worsening`` is by how much the score is worse, in the unit of ``min_effect_size``: the score's
    own, or the share of the reference where ``is_relative``. It has an interval of its own, of both
    sides' errors. ``q_value`` is corrected for the number of scores.
    """

    score: str
    reference: float
    current: float
    worsening: float
    low: float
    high: float
    is_relative: bool
    min_effect_size: float
    p_value: float
    q_value: float
    is_degraded: bool


class PeriodCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The check of the days up to one day; ``is_degraded`` is null with too few labels."""

    first_day: str | None
    last_day: str | None
    labeled: int
    changes: tuple[ScoreChange, ...]
    is_degraded: bool | None


class DayScore(msgspec.Struct, frozen=True, kw_only=True):
    """A score of one day; the interval is of rows, with the design effect of days if known."""

    value: float | None
    low: float | None
    high: float | None


class DayPerformance(msgspec.Struct, frozen=True, kw_only=True):
    """One day in UTC: its records, how many of them have a label, and its scores."""

    day: str
    expected: int
    known: int
    status: DayStatus
    scores: Mapping[str, DayScore]


class SegmentPerformance(msgspec.Struct, frozen=True, kw_only=True):
    """The records of one level of a column that have a label, and their scores."""

    column: str
    level: str
    known: int
    scores: Mapping[str, float | None]


class GroupPerformance(msgspec.Struct, frozen=True, kw_only=True):
    """The labeled records of one level of a declared group, as counts.

    ``selected`` records are predicted positive, ``positives`` are labeled so. Shares are null where
    nothing is in their denominator.
    """

    group: str
    level: str
    known: int
    selected: int
    positives: int
    true_positives: int
    selection_rate: float | None
    true_positive_rate: float | None
    false_positive_rate: float | None
    precision: float | None


class CalibrationPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Records of about equal score: their mean score, and the share of them that is positive."""

    records: int
    mean_score: float
    positive_share: float


class Confusion(msgspec.Struct, frozen=True, kw_only=True):
    """Labeled records by true class (rows) and predicted class (columns)."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Maturity(msgspec.Struct, frozen=True, kw_only=True):
    """How complete the labels are.

    Attributes:
        known_share: Share of the records that has a label.
        expected_share: Share that has one in the end, learned from records that are old enough;
            null without such records.
        as_of: Time up to which labels were collected; null where label files have no times.
        mature_until: Records before it are old enough to have all their labels; null likewise.
        learned_from: Labeled records from which the delay was learned.
        mass: Labels that were expected to be known by now, as a multiple of those that are, of the
            days that are weighted: 1 where labels come as they did; null without such days.
        mass_z: By how many of its standard errors the mass differs from 1.
        delay_hours: By class, the hours in which 10%, 50% and 90% of its labels came.
    """

    known_share: float
    expected_share: float | None
    as_of: str | None
    mature_until: str | None
    learned_from: int
    mass: float | None = None
    mass_z: float | None = None
    delay_hours: Mapping[str, tuple[float, float, float]] = {}


class LabelUse(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the labels.

    ``requests`` have a label, of which ``unmatched`` name no captured request. ``unlabeled`` counts
    records without a label by reason. ``unreadable_lines`` counts each distinct line once.
    """

    requests: int
    unmatched: int
    unlabeled: Mapping[str, int]
    unreadable_lines: int


class PerformanceReport(msgspec.Struct, frozen=True, kw_only=True):
    """How good a model's predictions were, by the labels that arrived since.

    Attributes:
        verdict: One of the values of :class:`PerformanceVerdict`.
        reasons: Why, in sentences.
        scores: Estimates by name; the names are those of ``driftloop.scores.SCORES``.
        known: Records with a prediction and a label.
        expected: Records with a prediction.
        maturity: How complete the labels are.
        reference: Scores of the baseline's held-out records by name; empty without them.
        checks: The comparisons with the reference, oldest first.
        days: Each day with records.
        segments: Levels of the baseline's columns.
        groups: Levels of the groups that driftloop.yaml names.
    """

    format_version: int
    model: str
    problem_type: str
    baseline: str | None
    first_record: str | None
    last_record: str | None
    verdict: PerformanceVerdict
    reasons: tuple[str, ...]
    scores: Mapping[str, ScoreEstimate]
    known: int
    expected: int
    maturity: Maturity
    reference: Mapping[str, ScoreEstimate]
    checks: tuple[PeriodCheck, ...]
    days: tuple[DayPerformance, ...]
    segments: tuple[SegmentPerformance, ...]
    groups: tuple[GroupPerformance, ...]
    confusion: Confusion | None
    calibration: tuple[CalibrationPoint, ...]
    labels: LabelUse | None
    notes: tuple[str, ...]

    def to_json(self, *, indent: int = 0) -> bytes:
        """The JSON form; equal reports give equal bytes."""
        data = msgspec.json.encode(self)
        return msgspec.json.format(data, indent=indent) + b"\n" if indent else data

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """The inverse of :meth:`to_json`; raises FormatError on anything else."""
        try:
            report = msgspec.json.decode(data, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise FormatError(f"this is no report on performance: {error}") from error
        if report.format_version != FORMAT_VERSION:
            raise FormatError(
                f"this report has format version {report.format_version}, and this driftloop reads"
                f" version {FORMAT_VERSION}: make it again with `driftloop performance`"
            )
        return report
