"""A baseline: binnings fitted on training data, and the counts of the training data on them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from hashlib import blake2b
from operator import add
from typing import Any, Protocol

import msgspec

from driftloop.capture import Column, RecordBatch
from driftloop.errors import FormatError, InputError
from driftloop.file_format import (
    BASELINE_VERSION,
    DAYS_VERSION,
    REFERENCE_OUTCOMES_VERSION,
    decode_prefix,
    encode,
    is_kind,
)
from driftloop.profile.column_groups import most_associated_pairs
from driftloop.profile.columns import (
    Binning,
    StoredBinning,
    fit_column,
    from_stored_binning,
    to_stored_binning,
)
from driftloop.profile.date_parts import compared_features, with_date_parts
from driftloop.profile.feature_screening import ExclusionReason, ScreeningResult, screen_features
from driftloop.profile.hourly.fit import fit_layout, fit_untimed_layout
from driftloop.profile.hourly.layout import HourlyLayout, StoredLayout, make_layout
from driftloop.profile.hourly.possible_clocks import PossibleClocks, find_possible_clocks
from driftloop.profile.record_counts import (
    Binnings,
    RecordCounts,
    StoredRecordCounts,
    count_batch,
    from_stored_record_counts,
    to_stored_record_counts,
)
from driftloop.profile.repetition import Repetition, training_repetition
from driftloop.profile.serialization import decode_struct
from driftloop.schema import Schema

MAX_SPLIT_POINTS = 4096
"""Split points of a numeric column: the Kolmogorov-Smirnov distance is known to 1/4096 then, far
below any effect size that matters, in some tens of kB per column."""


class _Stored(msgspec.Struct, array_like=True):
    schema: dict[str, object]
    binnings: dict[str, StoredBinning]
    prediction: StoredBinning | None
    reference: StoredRecordCounts
    excluded_features: dict[str, ExclusionReason] = {}
    suspected: list[str] = []
    repetition: Repetition | None = None
    associated_pairs: list[tuple[str, str]] = []
    hourly: StoredLayout | None = None
    possible_clocks: PossibleClocks | None = None


@dataclass(frozen=True, eq=False)
class Baseline:
    """What current records are compared with.

    Attributes:
        schema: Names and kinds of the columns.
        binnings: Split points and categories of the columns.
        reference: The training data's counts on ``binnings``.
        fingerprint: 32 hexadecimal characters that identify the baseline. Profiles of different
            baselines can't be added.
        excluded_features: Reasons by name of the columns that can't be compared.
        suspected: Features that possibly can't be compared
            (:mod:`driftloop.profile.feature_screening`).
        repetition: How often training rows have the same values as another; None if unknown.
        associated_pairs: The pairs of features whose association is compared; empty for all.
        seasonality_bytes: The stored form of the hourly counts that belong to the baseline, if
            any. They are not part of the fingerprint. Read them as :attr:`seasonality`.
        hourly: What is counted of each hour, as stored; None if no hours are counted.
        possible_clocks: Columns that may follow the clock, of training data without times over
            four weeks.
        days_bytes: The stored form of the training days of the daily rule, if any. They are not
            part of the fingerprint.
        outcomes_bytes: The stored form of the outcomes of held-out rows, if any. They are not part
            of the fingerprint.

    Example:
        >>> from driftloop.capture import RecordBatch
        >>> from driftloop.schema import Feature, Kind, ProblemType, Schema
        >>> schema = Schema((Feature("age", Kind.NUMERIC),), "income", ProblemType.REGRESSION)
        >>> baseline = fit_baseline(RecordBatch.from_columns(schema, {"age": [31, 42, 53]}))
        >>> baseline.reference_records
        3
        >>> Baseline.from_bytes(baseline.to_bytes()).fingerprint == baseline.fingerprint
        True
    """

    schema: Schema
    binnings: Binnings
    reference: RecordCounts
    fingerprint: str
    excluded_features: Mapping[str, ExclusionReason] = field(default_factory=dict)
    suspected: Sequence[str] = ()
    repetition: Repetition | None = None
    associated_pairs: Sequence[tuple[str, str]] = ()
    seasonality_bytes: bytes | None = None
    hourly: StoredLayout | None = None
    possible_clocks: PossibleClocks | None = None
    days_bytes: bytes | None = None
    outcomes_bytes: bytes | None = None

    @cached_property
    def layout(self) -> HourlyLayout | None:
        """What is counted of each hour of the records; None if no hours are counted."""
        if self.hourly is None:
            return None
        return make_layout(self.binnings, self.reference, self.hourly, self.possible_clocks)

    @property
    def reference_records(self) -> int:
        """Number of rows of the training data."""
        return self.reference.records

    @cached_property
    def seasonality(self) -> Any:
        """The hourly counts, a ``driftloop.seasonality.HourOfWeekProfile``; None without them.

        They are decoded once per Baseline object. The static type is ``Any`` because the class
        belongs to a layer above this one; callers annotate it.

        Returns:
            The hourly counts, or None.

        Raises:
            FormatError: The stored counts are damaged or of another version.
        """
        if self.seasonality_bytes is None:
            return None
        if _seasonality_decoder is None:
            raise RuntimeError("import driftloop.seasonality before reading a seasonal baseline")
        return _seasonality_decoder(self.seasonality_bytes)

    def with_seasonality(self, seasonality: "StoredSeasonality") -> "Baseline":
        """Add hourly counts; profiles of the baseline with and without them still add up.

        Args:
            seasonality: A ``driftloop.seasonality.HourOfWeekProfile`` of this baseline.

        Returns:
            A baseline with the same fingerprint.

        Raises:
            InputError: The hours were counted on another baseline.
        """
        if seasonality.baseline != self.fingerprint:
            raise InputError(
                f"the hours were counted on the baseline {seasonality.baseline}, not on "
                f"{self.fingerprint}: count them again on this one"
            )
        return replace(self, seasonality_bytes=seasonality.to_bytes())

    def to_bytes(self) -> bytes:
        """The stored form: versioned and compressed; equal baselines give equal bytes."""
        screening = ScreeningResult(dict(self.excluded_features), list(self.suspected))
        own = encode(
            "baseline",
            BASELINE_VERSION,
            _body(
                self.schema,
                self.binnings,
                self.reference,
                screening,
                self.repetition,
                self.associated_pairs,
                self.hourly,
                self.possible_clocks,
            ),
        )
        extra = (self.days_bytes, self.outcomes_bytes, self.seasonality_bytes)
        return own + b"".join(part or b"" for part in extra)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Baseline":
        """Read a stored baseline.

        Args:
            data: What :meth:`to_bytes` returned; the content of a baseline file.

        Returns:
            The baseline.

        Raises:
            FormatError: The bytes are not a baseline, have another version or are damaged.
        """
        body, rest = decode_prefix("baseline", BASELINE_VERSION, data)
        days, rest = _split("days", DAYS_VERSION, rest)
        outcomes, seasonality = _split("reference-outcomes", REFERENCE_OUTCOMES_VERSION, rest)
        stored: _Stored = decode_struct("baseline", body, _Stored)
        try:
            return replace(
                _load(stored, _fingerprint(body)),
                seasonality_bytes=seasonality or None,
                days_bytes=days or None,
                outcomes_bytes=outcomes or None,
            )
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise FormatError(f"this baseline is damaged: {error}") from error


def fit_baseline(
    batches: RecordBatch | Iterable[RecordBatch],
    *,
    max_split_points: int = MAX_SPLIT_POINTS,
    time_zone: str = "UTC",
    count_hours: bool = False,
) -> Baseline:
    """Fit a baseline on training data.

    How the rows are divided into batches makes no difference, except for features that follow the
    order of rows without times (:mod:`driftloop.profile.feature_screening`).

    Args:
        batches: Training data. Predictions are expected only of batches that have them.
        max_split_points: Split points per numeric column. They bound the error of the
            Kolmogorov-Smirnov distance by 1/``max_split_points``; it is exact for columns of up
            to that many distinct values.
        time_zone: IANA time zone of the requests' clock.
        count_hours: Whether the hours of live records are counted even if the training data does
            not have times over four weeks, so that its live days can be compared with each other.

    Returns:
        The baseline.

    Raises:
        InputError: There are no rows.
    """
    parts = [batches] if isinstance(batches, RecordBatch) else list(batches)
    parts = [part for part in parts if len(part)]
    if not parts:
        raise InputError("a baseline needs training data, and there are no rows")
    schema, features = parts[0].schema, compared_features(parts)
    parts = [with_date_parts(part, [feature.name for feature in features]) for part in parts]
    binnings = Binnings(
        features={
            feature.name: fit_column(
                feature,
                [part.columns[feature.name] for part in parts],
                max_split_points=max_split_points,
            )
            for feature in features
        },
        prediction=_fit_prediction(schema, [part.prediction for part in parts], max_split_points),
    )
    reference = reduce(
        add, [count_batch(binnings, part, expect_predictions=False) for part in parts]
    )
    screening = screen_features(parts, features)
    repetition = training_repetition(parts, binnings.features, screening.excluded_features)
    pairs = most_associated_pairs(
        binnings.features, reference.sample.values, screening.excluded_features
    )
    excluded = tuple(screening.excluded_features)
    layout = fit_layout(binnings, reference, parts, time_zone, excluded)
    clocks = None
    if layout is None:
        own = [one.name for one in schema.features if one.name in binnings.features]
        clocks = find_possible_clocks(parts, own, time_zone)
        if count_hours:
            layout = fit_untimed_layout(binnings, reference, parts, clocks, time_zone, excluded)
    hourly = None if layout is None else layout.stored
    fingerprint = _fingerprint(
        _body(schema, binnings, reference, screening, repetition, pairs, hourly, clocks)
    )
    return Baseline(
        schema,
        binnings,
        reference,
        fingerprint,
        screening.excluded_features,
        screening.suspected,
        repetition,
        pairs,
        hourly=hourly,
        possible_clocks=clocks,
    )


class StoredSeasonality(Protocol):
    """Hourly counts as a baseline keeps them."""

    @property
    def baseline(self) -> str:
        """Fingerprint of the baseline that they were counted on."""

    def to_bytes(self) -> bytes:
        """The stored form."""


_seasonality_decoder: Callable[[bytes], StoredSeasonality] | None = None


def register_seasonality_decoder(decoder: Callable[[bytes], StoredSeasonality]) -> None:
    """Set what decodes ``Baseline.seasonality``; ``driftloop.seasonality`` does so on import.

    Hourly counts are made from baselines and profiles, so their package is above this one and
    this one can't import it. A decoder that is handed down keeps both "no import runs upwards"
    and "a baseline is one object with everything that is stored in its file".
    """
    global _seasonality_decoder
    _seasonality_decoder = decoder


def _fit_prediction(
    schema: Schema, columns: Sequence[Column | None], max_split_points: int
) -> Binning | None:
    predicted = [column for column in columns if column is not None]
    if not predicted:
        return None
    return fit_column(schema.prediction, predicted, max_split_points=max_split_points)


def _body(
    schema: Schema,
    binnings: Binnings,
    reference: RecordCounts,
    screening: ScreeningResult,
    repetition: Repetition | None,
    associated_pairs: Sequence[tuple[str, str]],
    hourly: StoredLayout | None,
    possible_clocks: PossibleClocks | None,
) -> bytes:
    stored = _Stored(
        schema=schema.to_dict(),
        binnings={name: to_stored_binning(binning) for name, binning in binnings.features.items()},
        prediction=None if binnings.prediction is None else to_stored_binning(binnings.prediction),
        reference=to_stored_record_counts(reference),
        excluded_features=dict(screening.excluded_features),
        suspected=list(screening.suspected),
        repetition=repetition,
        associated_pairs=list(associated_pairs),
        hourly=hourly,
        possible_clocks=possible_clocks,
    )
    return msgspec.msgpack.encode(stored)


def _split(kind: str, version: int, data: bytes) -> tuple[bytes, bytes]:
    """The part of a kind that some bytes begin with, if they do, and the rest."""
    rest = decode_prefix(kind, version, data)[1] if is_kind(kind, data) else data
    return data[: len(data) - len(rest)], rest


def _fingerprint(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()


def _load(stored: _Stored, fingerprint: str) -> Baseline:
    binnings = Binnings(
        features={name: from_stored_binning(binning) for name, binning in stored.binnings.items()},
        prediction=None if stored.prediction is None else from_stored_binning(stored.prediction),
    )
    return Baseline(
        schema=Schema.from_dict(stored.schema),
        binnings=binnings,
        reference=from_stored_record_counts(stored.reference, column_count=binnings.column_count),
        fingerprint=fingerprint,
        excluded_features=stored.excluded_features,
        suspected=stored.suspected,
        repetition=stored.repetition,
        associated_pairs=stored.associated_pairs,
        hourly=stored.hourly,
        possible_clocks=stored.possible_clocks,
    )
