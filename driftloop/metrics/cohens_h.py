"""The change of the share of missing values: Cohen's h = |2 asin sqrt q - 2 asin sqrt p|.

Cohen, "Statistical Power Analysis for the Behavioral Sciences" (1988), chapter 6.
"""

import math

from driftloop.profile.column_pair import MissingCounts


def missing_cohens_h(missing_counts: MissingCounts) -> float | None:
    """h in [0, pi]; None where a side has no record."""
    if not missing_counts.reference_records or not missing_counts.current_records:
        return None
    before = missing_counts.reference_missing / missing_counts.reference_records
    now = missing_counts.current_missing / missing_counts.current_records
    return cohens_h(before, now)


def cohens_h(before: float, now: float) -> float:
    """The distance of two shares on the scale on which their variance does not hang on them."""
    return abs(2 * math.asin(math.sqrt(now)) - 2 * math.asin(math.sqrt(before)))
