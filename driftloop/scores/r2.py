"""Coefficient of determination 1 - sum (y - f)^2 / sum (y - mean y)^2. More is better.

A prediction that is always the mean has an R2 of 0. Draper and Smith, "Applied Regression Analysis"
(1998), section 1.3. The sums are exact, so that sum y^2 - (sum y)^2 / n loses no digits where the
labels vary little.
"""

from fractions import Fraction

from driftloop.outcomes.exact_sums import UNIT_BITS
from driftloop.outcomes.score_sums import RegressionSums, ScoreValue


def r2(sums: RegressionSums) -> ScoreValue:
    """R2, at most 1."""
    rows, unit = round(sums.rows), 1 << UNIT_BITS
    if rows < 1:
        return ScoreValue.not_defined("no record has a label")
    total = Fraction(sums.moment("label"), unit)
    variation = Fraction(sums.moment("squared_label"), unit) - total * total / rows
    if variation <= 0:
        return ScoreValue.not_defined("the labels do not vary")
    return ScoreValue(float(1 - Fraction(sums.moment("squared_error"), unit) / variation))
