"""Records that were captured more than once, in different objects: estimated, and not removed.

Within one object an event counts once. Across objects, which are profiled apart, what was seen is
not remembered: removing repeats would make profiles that don't add up. But repeats have equal
hashes, so a sample of the records with the smallest hashes holds an event with all its repeats, or
not at all: events are drawn at random, and how often each was captured is known.
"""

from dataclasses import dataclass

import numpy as np

from driftloop.confidence_intervals import binomial_interval
from driftloop.profile import Profile
from driftloop.profile.bottom_k_sample import SAMPLE_SIZE

WORTH_A_NOTE = 0.01
"""Share of repeats from which the report says so in words."""


@dataclass(frozen=True, slots=True)
class DuplicateEstimate:
    """The share of records that repeat another, of ``sampled_records``, and its interval.

    With all records sampled it is a count. Else the share of events that have repeats is bounded
    by Clopper and Pearson's 95% interval (Biometrika 26, 1934), and such an event is taken to have
    as many repeats as those of the sample have on average.
    """

    share: float
    interval: tuple[float, float]
    sampled_records: int

    @property
    def is_exact(self) -> bool:
        """Whether every record was sampled, so that the share is a count."""
        return self.interval[0] == self.interval[1]

    def note(self) -> str | None:
        """A sentence for the report, where they are many enough to matter."""
        if self.share < WORTH_A_NOTE:
            return None
        share = f"{100 * self.share:.2g}%"
        if not self.is_exact:
            low, high = (f"{100 * bound:.2g}%" for bound in self.interval)
            share = f"About {share} of the records (95% interval {low} to {high})"
        else:
            share = f"{share} of the records"
        return (
            f"{share} repeat a record of another captured file. Each counts, so that changes look"
            " more significant than they are. Look for files that were copied or written twice."
        )


def estimate_duplicates(profile: Profile) -> DuplicateEstimate | None:
    """How many records of a window repeat another; None where there is no record."""
    hashes = profile.counts.sample.hashes
    whole = profile.records <= SAMPLE_SIZE
    if not whole:
        hashes = hashes[hashes < hashes[-1]]  # some repeats of the last one may be cut off
    if not len(hashes):
        return None
    _, counts = np.unique(hashes, return_counts=True)
    repeated, extra = int(np.count_nonzero(counts > 1)), int((counts - 1).sum())
    if whole:
        share = extra / len(hashes)
        return DuplicateEstimate(share, (share, share), len(hashes))
    each = extra / repeated if repeated else 1.0
    low, high = (_share(p, each) for p in binomial_interval(repeated, len(counts)))
    return DuplicateEstimate(extra / len(hashes), (low, high), len(hashes))


def _share(events: float, each: float) -> float:
    """Of the records, where that share of the events has so many repeats each."""
    return events * each / (1 + events * each)
