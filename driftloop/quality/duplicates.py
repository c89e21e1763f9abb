"""Records that were captured more than once, in different objects: estimated, and not removed.

Within one object an event counts once. Across objects, which are profiled apart, what was seen is
not remembered: removing repeats would make profiles that don't add up. But repeats have equal
hashes, so a sample of the records with the smallest hashes holds an event with all its repeats, or
not at all: events are drawn at random, and how often each was captured is known.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from driftloop.confidence_intervals import binomial_interval
from driftloop.profile import Profile
from driftloop.profile.bottom_k_sample import SAMPLE_SIZE

WORTH_A_NOTE = 0.01
"""Share of repeats from which the report says so in words."""


@dataclass(frozen=True, slots=True)
class DuplicateEstimate:
    """The share of records that repeat another, of ``sampled`` records; low and high bound it.

    With all records sampled it is a count. Else the share of events that have repeats is bounded
    by Clopper and Pearson's 95% interval (Biometrika 26, 1934), and such an event is taken to have
    as many repeats as those of the sample have on average.
    """

    share: float
    low: float
    high: float
    sampled: int

    def to_dict(self) -> dict[str, Any]:
        """Plain form, for the report."""
        return {
            "share": self.share,
            "interval": [self.low, self.high],
            "sampled": self.sampled,
        }

    def note(self) -> str | None:
        """A sentence for the report, where they are many enough to matter."""
        if self.share < WORTH_A_NOTE:
            return None
        exact = self.low == self.high
        range_ = "" if exact else f" (95% interval {100 * self.low:.2g}% to {100 * self.high:.2g}%)"
        return (
            f"{'' if exact else 'About '}{100 * self.share:.2g}% of the records{range_} repeat an"
            " event of another captured file; each counts, so tests take them for more evidence"
            " than they are. Look for files that were copied or written twice."
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
        return DuplicateEstimate(share, share, share, len(hashes))
    each = extra / repeated if repeated else 1.0
    low, high = (_share(p, each) for p in binomial_interval(repeated, len(counts)))
    return DuplicateEstimate(extra / len(hashes), low, high, len(hashes))


def _share(events: float, each: float) -> float:
    """Of the records, where that share of the events has so many repeats each."""
    return events * each / (1 + events * each)
