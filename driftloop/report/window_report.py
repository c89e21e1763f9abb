"""The report of one window as a type; its JSON is described by ``docs/report.schema.json``.

The JSON has the names of the fields below, in their order. Features come in payload order, metrics
in the order of the registry (:mod:`driftloop.metrics`), counts by reason sorted by reason. Equal
inputs give equal bytes. Numbers that are not finite are written as null.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from math import isfinite
from typing import Final, Literal, Self

import msgspec

from driftloop.capture.line_counts import LineProblem
from driftloop.comparison.correlation import Quintiles
from driftloop.comparison.scores import ChangeKind
from driftloop.comparison.summary import (
    CategoricalColumnSummary,
    CategoricalSummary,
    CategoryShares,
    ColumnSummary,
    Histogram,
    NumericColumnSummary,
    NumericSummary,
)
from driftloop.daily.drift_from_training import DriftFromTraining
from driftloop.daily.history import DayRecord
from driftloop.daily.sensitivity import ColumnSensitivity
from driftloop.detection.explanation import Explanation, listed
from driftloop.detection.policy import DriftPolicy, MinEffectSizes
from driftloop.detection.verdict import ColumnStatus, WindowVerdict
from driftloop.detection.window_outcome import WindowOutcome
from driftloop.errors import FormatError
from driftloop.quality import Violation
from driftloop.quality.duplicates import DuplicateEstimate
from driftloop.schema import Kind
from driftloop.window import Window

FORMAT_VERSION: Final = 2

MAX_NAMED = 10
"""Features that an error message names."""


class UnreadLine(msgspec.Struct, frozen=True, kw_only=True):
    """The first line that could not be read, or not in full, for a reason.

    ``shape`` has the keys and the kinds of the values of its payload, without the values.
    ``suggested_settings`` are settings of driftloop.yaml that would read it, one per line; empty
    where none is known.
    """

    problem: LineProblem
    reason: str | None
    object: str
    line: int
    shape: str
    suggested_settings: str


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Captured lines and what became of them; records of the lines that were used.

    ``lines_skipped`` and ``lines_rejected`` count by reason (docs/reasons.md), and so does
    ``responses_unreadable``: lines that were used without a prediction. ``first_unread`` has the
    first line of each reason.
    """

    lines_read: int
    lines_used: int
    lines_skipped: Mapping[str, int]
    lines_rejected: Mapping[str, int]
    records: int
    requests: int
    missing_predictions: int
    duplicate_share: DuplicateEstimate | None
    responses_unreadable: Mapping[str, int] = {}
    first_unread: tuple[UnreadLine, ...] = ()

    @property
    def has_lines(self) -> bool:
        """Whether the records come from captured lines; those of a data frame do not."""
        return self.lines_read > 0 or not self.records

    @property
    def rejected(self) -> int:
        """All rejected lines."""
        return sum(self.lines_rejected.values())

    @property
    def skipped(self) -> int:
        """All skipped lines."""
        return sum(self.lines_skipped.values())


class ColumnPValues(msgspec.Struct, frozen=True, kw_only=True):
    """The p-value of each test of a column; None where the test does not apply.

    ``ks_beside_atoms`` is of the values other than those that hold much of a numeric column each,
    ``spike`` of its single values, ``tail`` of the values beyond the reference. A p-value is over
    all values, categories or parts of the column that the test looks at, and not corrected for the
    other tests.
    """

    ks: float | None = None
    chi_square: float | None = None
    ks_beside_atoms: float | None = None
    category: float | None = None
    spike: float | None = None
    tail: float | None = None
    missing: float | None = None


class EffectSizes(msgspec.Struct, frozen=True, kw_only=True):
    """Effect sizes by what changed: ``distribution`` reads like a mean shift in standard
    deviations, ``beside_atoms`` likewise of the values other than the most frequent ones (None
    where no value holds much of the column), ``missing`` is Cohen's h of the missing share."""

    distribution: float | None
    beside_atoms: float | None = None
    missing: float | None


class ChangedCategory(msgspec.Struct, frozen=True, kw_only=True):
    """A category or a single value whose share of the values changed, by its own test.

    ``kind`` says what ``category`` names: a category, a ``value`` of a numeric column, or the
    reference's smallest or largest value that all the values ``below`` or ``above`` exceed.
    """

    category: str
    kind: ChangeKind = "category"
    change: Literal["new", "disappeared", "increased", "decreased"]
    reference: float
    current: float


class ColumnReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What both kinds of columns have in common.

    ``effect_size`` is the largest of the column's effect sizes. ``p_value`` is over the column's
    tests (Bonferroni), ``q_value`` over all columns (Benjamini-Hochberg). ``ks_max_error`` is by
    how much the exact Kolmogorov-Smirnov distance may exceed ``metrics["ks"]``.
    ``reference_weeks`` is the number of training weeks whose same hours are the reference, 0 where
    it is all of the training data. ``since`` is the start of the first of consecutive drifted
    windows of this column, None where the previous window had not drifted.
    """

    records: int
    missing_records: int
    metrics: Mapping[str, float | None]
    ks_max_error: float | None
    p_values: ColumnPValues
    effect_size: float | None
    effect_sizes: EffectSizes
    min_effect_sizes: MinEffectSizes | None
    changed_categories: tuple[ChangedCategory, ...]
    p_value: float | None
    q_value: float | None
    design_effect: float
    reference_weeks: int
    status: ColumnStatus
    drifted: bool
    since: datetime | None
    reasons: tuple[str, ...]


class NumericColumnReport(ColumnReport, frozen=True, kw_only=True, tag="numeric"):
    """A numeric column; ``histogram`` is None where there is nothing to draw."""

    reference: NumericSummary
    current: NumericSummary
    histogram: Histogram | None

    @property
    def kind(self) -> Kind:
        """Always ``numeric``."""
        return Kind.NUMERIC

    @property
    def summary(self) -> ColumnSummary:
        """Both sides without the decision."""
        return NumericColumnSummary(
            reference=self.reference, current=self.current, histogram=self.histogram
        )


class CategoricalColumnReport(ColumnReport, frozen=True, kw_only=True, tag="categorical"):
    """A categorical column with the shares of its categories."""

    reference: CategoricalSummary
    current: CategoricalSummary
    categories: tuple[CategoryShares, ...]

    @property
    def kind(self) -> Kind:
        """Always ``categorical``."""
        return Kind.CATEGORICAL

    @property
    def summary(self) -> ColumnSummary:
        """Both sides without the decision."""
        return CategoricalColumnSummary(
            reference=self.reference, current=self.current, categories=self.categories
        )


AnyColumn = NumericColumnReport | CategoricalColumnReport


class Correlation(msgspec.Struct, frozen=True, kw_only=True):
    """Correlation of normal scores on either side, -1 to 1."""

    reference: float
    current: float


class CorrelationReport(msgspec.Struct, frozen=True, kw_only=True):
    """The pair of numeric features whose correlation has the most significant change.

    ``p_value`` is over all pairs (Bonferroni).
    """

    pair: tuple[str, str]
    correlation: Correlation
    quintiles: Quintiles
    p_value: float
    drifted: bool
    reasons: tuple[str, ...]


class Association(msgspec.Struct, frozen=True, kw_only=True):
    """Cramér's V between two features on either side, 0 to 1."""

    reference: float
    current: float


class AssociationReport(msgspec.Struct, frozen=True, kw_only=True):
    """A pair of features, of any kinds, whose association changed.

    ``effect_size`` is Cohen's w of what changed, ``p_value`` is over all tested pairs (Bonferroni).
    """

    pair: tuple[str, str]
    association: Association
    effect_size: float
    p_value: float
    drifted: bool


class DataQuality(msgspec.Struct, frozen=True, kw_only=True):
    """Constraints of the baseline that the window violates."""

    violations: tuple[Violation, ...] = ()


class BaselineInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The baseline that the window was compared with."""

    fingerprint: str
    reference_records: int


class DayWindows(msgspec.Struct, frozen=True, kw_only=True):
    """Labels of the windows of a day: summed in its report, not analyzed yet, and unreadable."""

    included: tuple[str, ...]
    missing: tuple[str, ...]
    unreadable: tuple[str, ...]


class WindowReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one analyzed window or day.

    ``report["temp"]`` is the column of that name. ``window`` is None where the records have no
    time. ``since`` reaches from the start of the drift to the end of this window, None without
    drift. ``windows`` is given for a day alone, ``version``, ``revision`` and ``late_records`` (by
    window label) by the deployed analysis. ``day`` has the statistics of the daily rule, which
    later windows are held against; None where it did not decide. ``sensitivity`` has the smallest
    changes that the daily rule finds after this window, by column. ``drift_from_training`` says
    how far the last days as a whole are from the training data; it takes no part in the verdict.
    ``explanations`` are the causes behind ``reasons`` as values, one of each.

    Example:
        >>> report = WindowReport.from_json(path.read_bytes())  # doctest: +SKIP
        >>> report.verdict, report["temp"].effect_size  # doctest: +SKIP
        (<WindowVerdict.DRIFTED: 'drifted'>, 0.82)
    """

    format_version: Literal[2] = FORMAT_VERSION
    model: str
    version: int | None
    revision: int = 0
    verdict: WindowVerdict
    reasons: tuple[str, ...]
    window: Window | None
    since: Window | None
    counts: Counts
    features: Mapping[str, AnyColumn]
    drifted_features: tuple[str, ...]
    prediction: AnyColumn | None
    multivariate: CorrelationReport | None
    associations: tuple[AssociationReport, ...] = ()
    data_quality: DataQuality
    policy: DriftPolicy
    baseline: BaselineInfo
    late_records: Mapping[str, int] = {}
    windows: DayWindows | None = None
    day: DayRecord | None = None
    sensitivity: tuple[ColumnSensitivity, ...] = ()
    drift_from_training: DriftFromTraining | None = None
    explanations: tuple[Explanation, ...] = ()
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> AnyColumn:
        """A feature's column.

        Args:
            name: The feature, as in ``features``; the prediction is ``report.prediction``.

        Raises:
            KeyError: The report has no such feature; the message names similar ones.
        """
        if name in self.features:
            return self.features[name]
        raise KeyError(f"the report has no feature {name!r}; {self._hint(name)}")

    def __contains__(self, name: object) -> bool:
        """Whether the report has a feature of this name.

        Args:
            name: The feature, as in ``features``.

        Returns:
            Whether it is one of ``features``.
        """
        return name in self.features

    def __iter__(self) -> Iterator[str]:
        """The names of the features, in payload order.

        Returns:
            An iterator over the names.
        """
        return iter(self.features)

    def _hint(self, name: object) -> str:
        """The names that a wrong name may stand for, such as the columns of a date."""
        if name == "prediction" and self.prediction is not None:
            return "the prediction is report.prediction"
        text = str(name)
        parts = [feature for feature in self.features if feature.startswith(f"{text} (")]
        if parts:
            return f"it is a date, whose columns are {', '.join(parts)}"
        similar = get_close_matches(text, self.features, n=3)
        if similar:
            return f"did you mean {', '.join(similar)}?"
        names = list(self.features)
        return f"it has {listed(names, MAX_NAMED)}"

    @property
    def is_daily(self) -> bool:
        """Whether this is the report of a day, which sums up its windows."""
        return self.windows is not None

    @property
    def prediction_drifted(self) -> bool:
        """Whether the model's predictions drifted."""
        return self.prediction is not None and self.prediction.drifted

    @property
    def drifted_pair(self) -> tuple[str, str] | None:
        """The pair of features whose correlation drifted, else the one whose association drifted
        most; None where none has."""
        found = self.multivariate
        if found is not None and found.drifted:
            return found.pair
        return next((one.pair for one in self.associations if one.drifted), None)

    @property
    def outcome(self) -> WindowOutcome | None:
        """What later windows need to know of this one; None where it has no time."""
        if self.window is None:
            return None
        return WindowOutcome(
            window=self.window,
            verdict=self.verdict,
            drifted_features=self.drifted_features,
            prediction_drifted=self.prediction_drifted,
            drifted_pair=self.drifted_pair,
            effect_sizes={
                name: column.effect_size
                for name, column in self.features.items()
                if column.effect_size is not None and isfinite(column.effect_size)
            },
            drift_from_training={
                name: column.persistent_effect_size
                for name, column in self.drift_from_training.columns.items()
            }
            if self.drift_from_training is not None
            else {},
        )

    def with_notes(self, notes: Iterable[str]) -> Self:
        """The same report with further notes.

        Args:
            notes: Sentences, appended in this order.
        """
        return msgspec.structs.replace(self, notes=(*self.notes, *notes))

    def with_revision(self, revision: int) -> Self:
        """The same report as the given revision of its window's analysis, counted from 0."""
        return msgspec.structs.replace(self, revision=revision)

    def with_late_records(self, late_records: Mapping[str, int]) -> Self:
        """The same report with the number of late records by window label."""
        return msgspec.structs.replace(self, late_records=dict(sorted(late_records.items())))

    def with_day(self, day: DayRecord, drift_from_training: DriftFromTraining | None) -> Self:
        """The same report with what the daily rule measured of its last day."""
        return msgspec.structs.replace(self, day=day, drift_from_training=drift_from_training)

    def with_windows(self, windows: DayWindows) -> Self:
        """The same report as the one of a day that sums up these windows."""
        return msgspec.structs.replace(self, windows=windows)

    def to_json(self, *, indent: int = 0) -> bytes:
        """The report as UTF-8 JSON, the same bytes for equal reports.

        Args:
            indent: Spaces per level; 0 writes one line without spaces.

        Returns:
            A document that ``docs/report.schema.json`` describes.
        """
        data = msgspec.json.encode(self)
        return msgspec.json.format(data, indent=indent) + b"\n" if indent else data

    @classmethod
    def from_json(cls, data: bytes | str) -> Self:
        """The inverse of :meth:`to_json`.

        Args:
            data: A JSON document, as UTF-8 where it is bytes.

        Raises:
            FormatError: The data is no report, or one of another format version.
        """
        try:
            version = msgspec.json.decode(data, type=_Versioned).format_version
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise FormatError(
                f"this is no report of driftloop ({error}): give a JSON file that"
                " `driftloop analyze --out` or the deployed analysis wrote"
            ) from error
        if version != FORMAT_VERSION:
            raise FormatError(
                f"this report has format_version {version}, and this driftloop reads"
                f" {FORMAT_VERSION}: analyze the window again, or use the driftloop that wrote it"
            )
        try:
            return msgspec.json.decode(data, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise FormatError(
                f"this report is damaged ({error}): copy it again, or analyze the window again"
            ) from error


class _Versioned(msgspec.Struct):
    format_version: int
