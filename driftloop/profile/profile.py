"""A window's records on a baseline's grids: what is kept of them, and adds up."""

from dataclasses import dataclass

import msgspec

from driftloop.capture import Batch, Tally
from driftloop.errors import FormatError, InputError
from driftloop.profile.baseline import Baseline
from driftloop.profile.counted import (
    Counted,
    StoredCounted,
    count_batch,
    empty_counted,
    load_counted,
    store_counted,
)
from driftloop.profile.packing import decode, seal, unseal

VERSION = 1


class _Stored(msgspec.Struct, array_like=True):
    baseline: str
    width: int
    tally: dict[str, int | dict[str, int]]
    counted: StoredCounted


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Counts of records, and of the lines that they came in.

    ``a + b`` is the profile of the records of both, byte for byte, in any order and split.
    """

    baseline: str
    tally: Tally
    counted: Counted

    @classmethod
    def empty(cls, baseline: Baseline) -> "Profile":
        """The neutral element of adding."""
        return cls(baseline.fingerprint, Tally(), empty_counted(baseline.grids))

    @property
    def records(self) -> int:
        """Records that were counted."""
        return self.counted.records

    def __add__(self, other: "Profile") -> "Profile":
        if self.baseline != other.baseline:
            raise InputError(
                f"profiles of different baselines ({self.baseline} and {other.baseline}) don't "
                "add up: profile the records of both on one baseline"
            )
        return Profile(self.baseline, self.tally + other.tally, self.counted + other.counted)

    def with_lines(self, tally: Tally) -> "Profile":
        """This profile with the counts of more lines (of which no record came)."""
        return Profile(self.baseline, self.tally + tally, self.counted)

    def to_bytes(self) -> bytes:
        """The stored form, versioned and compressed; equal counts give equal bytes."""
        stored = _Stored(
            baseline=self.baseline,
            width=self.counted.sample.values.shape[1],
            tally=self.tally.to_dict(),  # type: ignore[arg-type]
            counted=store_counted(self.counted),
        )
        return seal("profile", VERSION, msgspec.msgpack.encode(stored))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Profile":
        """The inverse of :meth:`to_bytes`; raises FormatError on anything else."""
        stored: _Stored = decode("profile", unseal("profile", VERSION, data), _Stored)
        try:
            tally = Tally.from_dict(stored.tally)
            counted = load_counted(stored.counted, width=stored.width)
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError(f"this profile is damaged: {error}") from error
        return cls(stored.baseline, tally, counted)


def profile_batch(baseline: Baseline, batch: Batch, tally: Tally | None = None) -> Profile:
    """Count a batch of records on a baseline's grids.

    ``tally`` counts the lines that the batch was read from, once for each line. Raises InputError
    where the batch lacks a column of the baseline.
    """
    counted = count_batch(baseline.grids, batch)
    return Profile(baseline.fingerprint, Tally() if tally is None else tally, counted)
