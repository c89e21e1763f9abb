"""docs/scores.md, from the table of scores."""

from docs.generator.markdown import head, table
from driftloop.outcomes.fixed_point import MEAN_ERROR
from driftloop.outcomes.label_age import AGE_LIMITS, DAY, HOUR
from driftloop.outcomes.segments import MAX_SEGMENT_COLUMNS
from driftloop.outcomes.split_points import GROUPS, MAX_SPLIT_POINTS, THIN_POINTS
from driftloop.performance import MIN_DAYS
from driftloop.schema import ProblemType
from driftloop.scores import SCORES, Score

_INTRO = f"""\
Labeled predictions are counted once, on split points that are frozen before, and every score is
computed from the counts. Counts of hours, days or segments add up exactly, in any order, so that a
label that arrives late needs no captured file to be read again.

There are up to {MAX_SPLIT_POINTS:,} split points of the score (of the absolute error of a
regression), and ten more at the tenths and the decision threshold, so that the confusion is exact.
Sums of losses are integers: each loss is rounded to a multiple of 2⁻²⁰, so that a mean is within
{MEAN_ERROR:.1e} of the exact one. Sums of errors are exact. For segments, the levels of at most
{MAX_SEGMENT_COLUMNS} columns and of declared groups, there are {THIN_POINTS} split points and the
thresholds. Ages of labels are counted up to
{", ".join(f"{limit // HOUR} h" for limit in AGE_LIMITS if limit < DAY)},
{", ".join(f"{limit // DAY}" for limit in AGE_LIMITS if limit >= DAY)} days, by class and by
{GROUPS} groups of scores.

Each score has the bound of its error against the single records, and an interval. The conformance
tests compare every score with scikit-learn's within this bound. A score that is not defined has no
value and says why; it is never 0.

From {MIN_DAYS} days with labels on, an interval is by days (delete-one-day jackknife, Student's t).
With fewer days it is of single records, by the method named here, with the variance times the
design effect that earlier days have shown; without such days the records are taken as independent,
and the report says so.
"""

_METHODS = {
    "delong": "DeLong",
    "wilson": "Wilson",
    "normal": "normal",
    "order_statistics": "order statistics",
    None: "none",
}
_BETTER = {"higher": "more is better", "lower": "less is better", "near_zero": "0 is best"}
_PROBLEMS = {
    ProblemType.BINARY_CLASSIFICATION: "binary",
    ProblemType.MULTICLASS_CLASSIFICATION: "multiclass",
    ProblemType.REGRESSION: "regression",
}


def page() -> str:
    """The page's text."""
    overview = [
        [
            f"[`{score.name}`](#{score.name})",
            score.label,
            score.meaning,
            ", ".join(_PROBLEMS[one] for one in score.formulas),
            "exact" if score.is_exact else "bound in the result",
        ]
        for score in SCORES
    ]
    columns = ["score", "on the page", "meaning", "problem types", "error"]
    text = head("Scores", "driftloop/scores/__init__.py", _INTRO) + "\n" + table(columns, overview)
    return text + "".join(_section(score) for score in SCORES)


def _section(score: Score) -> str:
    low = "-∞" if score.lower is None else f"{score.lower:g}"
    high = "∞" if score.upper is None else f"{score.upper:g}"
    rows = [
        ["formula", score.formula],
        ["convention", score.convention],
        ["range", f"{low} to {high}; {_BETTER[score.better]}"],
        ["interval of single records", _interval(score)],
        ["not defined", score.undefined],
        ["source", score.source],
    ]
    return f"\n## {score.name}\n\n{score.meaning}\n\n" + table(["property", score.label], rows)


def _interval(score: Score) -> str:
    if not score.row_intervals:
        return f"none: it needs {MIN_DAYS} days"
    missing = [_PROBLEMS[one] for one in score.formulas if one not in score.row_intervals]
    without = f"; {', '.join(missing)}: none" if missing else ""
    return _METHODS[score.interval_method] + without
