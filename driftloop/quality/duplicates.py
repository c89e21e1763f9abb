"""Estimates how many records were captured more than once, in different objects.

Within one object a record counts once. Objects are profiled separately, and duplicates across them
are not removed, so that profiles add up. But duplicates have equal hashes: a sample of the records
with the smallest hashes has a record with all its duplicates, or not at all. So records are sampled
at random, and how often each was captured is known.
"""

from dataclasses import dataclass

import numpy as np

from driftloop.confidence_intervals import binomial_interval
from driftloop.profile import Profile
from driftloop.profile.bottom_k_sample import SAMPLE_SIZE

MIN_NOTED_SHARE = 0.01
"""Share of duplicates from which the report has a note."""


@dataclass(frozen=True, slots=True)
class DuplicateEstimate:
    """The share of records that repeat another, of ``sampled_records``, and its 95% interval.

    With all records sampled it is a count. Else the share of distinct records that have duplicates
    is bounded by Clopper and Pearson's interval (Biometrika 26, 1934), and each of them is taken to
    have as many duplicates as those of the sample have on average.
    """

    share: float
    interval: tuple[float, float]
    sampled_records: int

    @property
    def is_exact(self) -> bool:
        """Whether every record was sampled, so that the share is a count."""
        return self.interval[0] == self.interval[1]

    def note(self) -> str | None:
        """A sentence for the report; None where duplicates are too few to matter."""
        if self.share < MIN_NOTED_SHARE:
            return None
        share = f"{100 * self.share:.2g}% of the records"
        if not self.is_exact:
            low, high = (f"{100 * bound:.2g}%" for bound in self.interval)
            share = f"About {share} (95% interval {low} to {high})"
        return (
            f"{share} repeat a record of another captured file. Each counts, so that changes look"
            " more significant than they are. Look for files that were copied or written twice."
        )


def estimate_duplicates(profile: Profile) -> DuplicateEstimate | None:
    """Estimate the share of a window's records that repeat another; None without records."""
    hashes = profile.counts.sample.hashes
    has_all_records = profile.records <= SAMPLE_SIZE
    if not has_all_records:
        hashes = hashes[hashes < hashes[-1]]  # the sample may lack duplicates of the last record
    if not len(hashes):
        return None
    _, counts = np.unique(hashes, return_counts=True)
    repeated, duplicates = int(np.count_nonzero(counts > 1)), int((counts - 1).sum())
    share = duplicates / len(hashes)
    if has_all_records:
        return DuplicateEstimate(share, (share, share), len(hashes))
    per_record = duplicates / repeated if repeated else 1.0
    low, high = (
        _duplicate_share(bound, per_record) for bound in binomial_interval(repeated, len(counts))
    )
    return DuplicateEstimate(share, (low, high), len(hashes))


def _duplicate_share(repeated_share: float, per_record: float) -> float:
    """Share of all records, where ``repeated_share`` of the distinct ones have so many duplicates
    each."""
    return repeated_share * per_record / (1 + repeated_share * per_record)
