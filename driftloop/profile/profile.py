"""The profile of a window: mergeable counts of its records on a baseline's binnings."""

from dataclasses import dataclass, field, replace

import msgspec

from driftloop.capture import LineCounts, RecordBatch
from driftloop.errors import FormatError, InputError
from driftloop.file_format import PROFILE_VERSION, decode, encode
from driftloop.profile.baseline import Baseline
from driftloop.profile.date_parts import with_date_parts
from driftloop.profile.hourly.counts import (
    Hours,
    StoredHour,
    add_hours,
    count_hours,
    from_stored_hours,
    to_stored_hours,
)
from driftloop.profile.hourly.possible_clocks import (
    ClockCounts,
    add_clock_counts,
    count_clocks,
)
from driftloop.profile.record_counts import (
    RecordCounts,
    StoredRecordCounts,
    count_batch,
    from_stored_record_counts,
    to_stored_record_counts,
    zero_counts,
)
from driftloop.profile.serialization import decode_struct


class _Stored(msgspec.Struct, array_like=True):
    baseline: str
    column_count: int
    line_counts: dict[str, int | dict[str, int | tuple[str, int, str, str]]]
    counts: StoredRecordCounts
    hours: dict[int, StoredHour] = {}
    clocks: dict[str, tuple[int, ...]] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Counts of records on a baseline's binnings, and of the lines that they were read from.

    ``a + b`` is the profile of the records of both, byte for byte, in any order and however the
    records are split.

    Attributes:
        baseline: Fingerprint of the baseline.
        line_counts: Counts of the captured lines.
        counts: Counts of the records.
        hours: Counts of the records of each hour since 1970 (UTC), for the daily rule; empty where
            the baseline has none.
        clocks: Counts of the records that disagree with the clock, where the baseline knows only
            which columns may follow it.

    Example:
        >>> import driftloop as dl
        >>> reference, current = dl.load_example()
        >>> baseline = dl.Baseline.fit(reference)
        >>> monday = dl.build_profile(baseline, current[:300])
        >>> tuesday = dl.build_profile(baseline, current[300:])
        >>> monday + tuesday
        <Profile of 500 records>
        >>> dl.Profile.from_bytes(monday.to_bytes())
        <Profile of 300 records>
    """

    baseline: str
    line_counts: LineCounts
    counts: RecordCounts
    hours: Hours = field(default_factory=dict)
    clocks: ClockCounts = field(default_factory=dict)

    @classmethod
    def empty(cls, baseline: Baseline) -> "Profile":
        """Make a profile of no records, to add others to.

        Args:
            baseline: The baseline of the profiles to add.

        Returns:
            The neutral element of adding.
        """
        return cls(baseline.fingerprint, LineCounts(), zero_counts(baseline.binnings))

    def __repr__(self) -> str:
        return f"<Profile of {self.records:,} records>"

    @property
    def records(self) -> int:
        """Number of records."""
        return self.counts.records

    def __add__(self, other: "Profile") -> "Profile":
        if self.baseline != other.baseline:
            raise InputError(
                f"profiles of different baselines ({self.baseline} and {other.baseline}) don't "
                "add up: profile the records of both on the same baseline"
            )
        return Profile(
            self.baseline,
            self.line_counts + other.line_counts,
            self.counts + other.counts,
            add_hours(self.hours, other.hours),
            add_clock_counts(self.clocks, other.clocks),
        )

    def to_bytes(self) -> bytes:
        """The stored form: versioned and compressed; equal counts give equal bytes."""
        stored = _Stored(
            baseline=self.baseline,
            column_count=self.counts.sample.values.shape[1],
            line_counts=self.line_counts.to_dict(),  # type: ignore[arg-type]
            counts=to_stored_record_counts(self.counts),
            hours=to_stored_hours(self.hours),
            clocks=dict(self.clocks),
        )
        return encode("profile", PROFILE_VERSION, msgspec.msgpack.encode(stored))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Profile":
        """Read a stored profile.

        Args:
            data: What :meth:`to_bytes` returned.

        Returns:
            The profile.

        Raises:
            FormatError: The bytes are not a profile, have another version or are damaged.
        """
        stored: _Stored = decode_struct(
            "profile", decode("profile", PROFILE_VERSION, data), _Stored
        )
        try:
            line_counts = LineCounts.from_dict(stored.line_counts)
            counts = from_stored_record_counts(stored.counts, column_count=stored.column_count)
            hours = from_stored_hours(stored.hours)
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError(f"this profile is damaged: {error}") from error
        return cls(stored.baseline, line_counts, counts, hours, stored.clocks)


def profile_batch(
    baseline: Baseline, batch: RecordBatch, line_counts: LineCounts | None = None
) -> Profile:
    """Summarize a batch as mergeable counts on a baseline's binnings.

    Args:
        baseline: Defines the split points and categories.
        batch: Records with every column of ``baseline.schema``.
        line_counts: Counts of the lines that the batch was read from; pass them once per line.

    Returns:
        A profile; ``p1 + p2`` is the profile of both batches.

    Raises:
        InputError: A column of the baseline is missing.

    Example:
        >>> from driftloop.capture import RecordBatch
        >>> from driftloop.profile import fit_baseline
        >>> from driftloop.schema import Feature, Kind, ProblemType, Schema
        >>> schema = Schema((Feature("age", Kind.NUMERIC),), "income", ProblemType.REGRESSION)
        >>> baseline = fit_baseline(RecordBatch.from_columns(schema, {"age": [31, 42, 53]}))
        >>> profile = profile_batch(baseline, RecordBatch.from_columns(schema, {"age": [30, None]}))
        >>> profile.records, profile.counts.features["age"].missing
        (2, 1)
    """
    counts = count_batch(baseline.binnings, batch)
    lines = _uncaptured(batch) if line_counts is None else line_counts
    return Profile(
        baseline.fingerprint,
        lines,
        counts,
        count_batch_hours(baseline, batch, has_responses=lines.has_responses),
        count_clocks(baseline.possible_clocks, batch),
    )


def count_batch_hours(baseline: Baseline, batch: RecordBatch, *, has_responses: bool) -> Hours:
    """Counts of each hour of a batch; empty where the baseline counts no hours.

    Args:
        baseline: Defines what is counted.
        batch: The records.
        has_responses: Whether any response was captured. Otherwise their predictions are not
            missing: what is captured is a setting.
    """
    layout = baseline.layout
    if layout is None:
        return {}
    counted = with_date_parts(batch, baseline.binnings.features)
    if not has_responses:
        counted = replace(counted, prediction=None)
    return count_hours(layout, counted, expect_predictions=has_responses)


def _uncaptured(batch: RecordBatch) -> LineCounts:
    """The counts of a table's rows, which no captured line holds."""
    return LineCounts(missing_predictions=len(batch) if batch.prediction is None else 0)
