"""A row of the table of scores."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from driftloop.outcomes.sums import ScoreValue
from driftloop.schema import ProblemType

Formula = Callable[[Any], ScoreValue]
"""The score of the sums of a problem type."""

RowInterval = Callable[[Any, float, float], tuple[float, float] | None]
"""The interval of a score if rows are independent, of sums, a quantile of the normal distribution,
and a design effect; None where it can't be computed."""

IntervalMethod = Literal["delong", "wilson", "normal", "order_statistics"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A row of ``SCORES``: how a score is computed, what is promised of it, and its description.

    Attributes:
        name: Key in JSON, in snake case.
        label: Name on pages.
        formulas: What computes the value, by problem type.
        row_intervals: What computes the interval of independent rows, by problem type; empty where
            there is no such formula, so that an interval needs days.
        interval_method: The name of these intervals.
        better: Which values are better.
        lower: The smallest value, None where there is none.
        upper: The largest value, None where there is none.
        meaning: One line.
        formula: The formula.
        convention: What the literature does in more than one way.
        source: A paper or a book.
        undefined: When there is no value.
        is_exact: Whether the error bound is always 0.
    """

    name: str
    label: str
    formulas: Mapping[ProblemType, Formula]
    row_intervals: Mapping[ProblemType, RowInterval] = field(default_factory=dict)
    interval_method: IntervalMethod | None = None
    better: Literal["higher", "lower", "near_zero"]
    lower: float | None = None
    upper: float | None = None
    meaning: str
    formula: str
    convention: str
    source: str
    undefined: str
    is_exact: bool = True
