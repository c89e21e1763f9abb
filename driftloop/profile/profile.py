"""A window's records on a baseline's grids: what is kept of them, and adds up."""

from dataclasses import dataclass

import msgspec

from driftloop.capture import LineCounts, RecordBatch
from driftloop.errors import FormatError, InputError
from driftloop.profile.baseline import Baseline
from driftloop.profile.record_counts import (
    RecordCounts,
    StoredRecordCounts,
    count_batch,
    from_stored_record_counts,
    to_stored_record_counts,
    zero_counts,
)
from driftloop.profile.serialization import decode, decode_struct, encode

VERSION = 2


class _Stored(msgspec.Struct, array_like=True):
    baseline: str
    width: int
    line_counts: dict[str, int | dict[str, int]]
    counted: StoredRecordCounts


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Counts of records, and of the lines that they came in.

    ``a + b`` is the profile of the records of both, byte for byte, in any order and split.
    """

    baseline: str
    line_counts: LineCounts
    counts: RecordCounts

    @classmethod
    def empty(cls, baseline: Baseline) -> "Profile":
        """The neutral element of adding."""
        return cls(baseline.fingerprint, LineCounts(), zero_counts(baseline.binnings))

    @property
    def records(self) -> int:
        """Records that were counted."""
        return self.counts.records

    def __add__(self, other: "Profile") -> "Profile":
        if self.baseline != other.baseline:
            raise InputError(
                f"profiles of different baselines ({self.baseline} and {other.baseline}) don't "
                "add up: profile the records of both on one baseline"
            )
        return Profile(
            self.baseline, self.line_counts + other.line_counts, self.counts + other.counts
        )

    def with_line_counts(self, line_counts: LineCounts) -> "Profile":
        """This profile with the counts of more lines (of which no record came)."""
        return Profile(self.baseline, self.line_counts + line_counts, self.counts)

    def to_bytes(self) -> bytes:
        """The stored form, versioned and compressed; equal counts give equal bytes."""
        stored = _Stored(
            baseline=self.baseline,
            width=self.counts.sample.values.shape[1],
            line_counts=self.line_counts.to_dict(),  # type: ignore[arg-type]
            counted=to_stored_record_counts(self.counts),
        )
        return encode("profile", VERSION, msgspec.msgpack.encode(stored))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Profile":
        """The inverse of :meth:`to_bytes`; raises FormatError on anything else."""
        stored: _Stored = decode_struct("profile", decode("profile", VERSION, data), _Stored)
        try:
            line_counts = LineCounts.from_dict(stored.line_counts)
            counted = from_stored_record_counts(stored.counted, width=stored.width)
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError(f"this profile is damaged: {error}") from error
        return cls(stored.baseline, line_counts, counted)


def profile_batch(
    baseline: Baseline, batch: RecordBatch, line_counts: LineCounts | None = None
) -> Profile:
    """Count a batch of records on a baseline's grids.

    ``line_counts`` counts the lines that the batch was read from, once for each line. Raises
    InputError
    where the batch lacks a column of the baseline.
    """
    counted = count_batch(baseline.binnings, batch)
    return Profile(
        baseline.fingerprint, LineCounts() if line_counts is None else line_counts, counted
    )
