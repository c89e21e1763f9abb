"""Cohen's h, the effect size of a change of a share: h = |2 asin sqrt q - 2 asin sqrt p|.

Source: Cohen, "Statistical Power Analysis for the Behavioral Sciences" (1988), chapter 6.
Convention: p is the reference's share, q the current one, without sign.
"""

import math

from driftloop.profile.column_pair import MissingCounts


def missing_cohens_h(missing_counts: MissingCounts) -> float | None:
    """h of the share of missing values, 0 to pi; None where a side has no record."""
    if not missing_counts.reference_records or not missing_counts.current_records:
        return None
    reference = missing_counts.reference_missing / missing_counts.reference_records
    current = missing_counts.current_missing / missing_counts.current_records
    return cohens_h(reference, current)


def cohens_h(reference: float, current: float) -> float:
    """h of two shares, 0 to pi. On this scale a share's variance does not depend on the share."""
    return abs(2 * math.asin(math.sqrt(current)) - 2 * math.asin(math.sqrt(reference)))
