"""Broken data, told apart from drift.

Drift is a population that changed; broken data is a pipe that did. What no population does:

* lines that can't be read, values of a wrong type, columns that are empty all of a sudden;
* numbers far outside of anything seen: beyond the reference's core range widened by
  ``FAR`` times the margin of the constraint (a unit that changed by a factor of 1000).

When at least ``max_invalid_record_share`` of a window shows these, in its lines or in one column,
the window
is no evidence about the population. Levels that were never seen are a violation above their limit,
but never such evidence: a new level is what drift looks like.
"""

from collections.abc import Collection, Mapping

from driftloop.capture import LineCounts
from driftloop.profile import Baseline, Profile
from driftloop.profile.categorical import CategoricalBinning, CategoricalCounts
from driftloop.profile.column_pair import cumulative_counts
from driftloop.profile.columns import Binning, ColumnCounts
from driftloop.profile.numeric.counts import NumericBinning, NumericCounts
from driftloop.quality.rounding import RoundingFinding
from driftloop.quality.violations import Constraint, QualityLimits, QualityResult, Violation
from driftloop.schema import Kind
from driftloop.seasonality.hourly_counts import PREDICTION

FAR = 8


def check_constraints(
    baseline: Baseline,
    profile: Profile,
    limits: QualityLimits,
    excluded_features: Collection[str] = (),
    coarser: Mapping[str, RoundingFinding] | None = None,
) -> QualityResult:
    """Hold a window against the constraints that its baseline taught.

    Features ``exclude_features`` of verdicts have neither a range nor levels to keep; ``coarser``
    are the
    columns that :func:`driftloop.quality.rounding.find_coarser` finds.
    """
    violations: list[Violation] = []
    broken: dict[str, str] = {}
    dated = {c for f in baseline.schema.features if f.kind is Kind.DATE for c in f.columns}
    for name, binning in baseline.binnings.features.items():
        meant = "dates" if name in dated else "numbers"
        column = _Column(name, binning, baseline.reference.features[name], meant)
        now = profile.counts.features[name]
        if name in excluded_features:
            found, fault = _check_presence(column, now, limits)
        else:
            found, fault = _check(column, now, limits, far=True)
        violations += found
        if fault:
            broken[name] = fault
    violations += _check_prediction(baseline, profile, limits)
    violations += [
        found.to_violation("prediction" if name == PREDICTION else name)
        for name, found in (coarser or {}).items()
        if found.matters
    ]
    violations += _extra_columns(profile.line_counts, limits)
    lines, line_violations = _check_lines(profile.line_counts, limits)
    judged = profile.line_counts.usable_lines + profile.line_counts.rejected_lines
    return QualityResult((*line_violations, *violations), lines, judged, broken)


class _Column:
    """A column of the baseline, and the shares that are usual there."""

    def __init__(
        self, name: str, binning: Binning, counts: ColumnCounts, meant: str = "numbers"
    ) -> None:
        self.name, self.binning, self.counts, self.meant = name, binning, counts, meant
        self.missing = counts.missing / max(counts.rows, 1)
        self.wrong = _wrong(counts) / max(counts.rows, 1)


def _check(
    column: _Column, now: ColumnCounts, limits: QualityLimits, *, far: bool
) -> tuple[list[Violation], str | None]:
    if not now.rows:
        return [], None
    violations, _ = _check_presence(column, now, limits)
    if isinstance(column.binning, CategoricalBinning):
        of_values = _domain(column, now, limits)
        outside = 0.0
    else:
        of_values = _range(column, now, limits)
        outside = _outside(column, now, limits.range_margin * FAR) if far else 0.0
    violations += [of_values] if of_values else []
    return violations, _fault(column, now, outside, limits)


def _check_presence(
    column: _Column, now: ColumnCounts, limits: QualityLimits
) -> tuple[list[Violation], str | None]:
    """What holds of any column, whatever its values mean: its type, and that it is there."""
    if not now.rows:
        return [], None
    checks = [_type(column, now, limits), _completeness(column, now, limits)]
    return [check for check in checks if check], _fault(column, now, 0.0, limits)


def _fault(column: _Column, now: ColumnCounts, outside: float, limits: QualityLimits) -> str | None:
    """Why a column can't be judged; shares that the baseline has too don't count."""
    shares = {
        "are of a wrong type": max(0.0, _wrong(now) / now.rows - column.wrong),
        "are missing": max(0.0, now.missing / now.rows - column.missing),
        "lie far outside of all that the baseline has seen, as after a change of unit": outside,
    }
    total = sum(shares.values())
    if total < limits.max_invalid_record_share:
        return None
    worst = max(shares, key=lambda words: shares[words])
    return f"{column.name}: {_percent(shares[worst])} of the values {worst}"


def _type(column: _Column, now: ColumnCounts, limits: QualityLimits) -> Violation | None:
    share, allowed = _wrong(now) / now.rows, column.wrong + limits.max_invalid_type_share
    if share <= allowed:
        return None
    message = f"{column.name}: {_percent(share)} of the values are no {column.meant}"
    return Violation(column.name, Constraint.DATA_TYPE, share, allowed, message)


def _completeness(column: _Column, now: ColumnCounts, limits: QualityLimits) -> Violation | None:
    share = now.missing / now.rows
    least = max(0.0, 1 - column.missing - limits.max_completeness_drop)
    if 1 - share >= least:
        return None
    if now.missing == now.rows:
        message = f"{column.name}: the column is missing from every record"
        return Violation(column.name, Constraint.MISSING_COLUMN, 0.0, least, message)
    message = (
        f"{column.name}: {_percent(share)} of the values are missing, "
        f"{_percent(column.missing)} in the baseline"
    )
    return Violation(column.name, Constraint.COMPLETENESS, 1 - share, least, message)


def _range(column: _Column, now: ColumnCounts, limits: QualityLimits) -> Violation | None:
    share = _outside(column, now, limits.range_margin)
    bounds = isinstance(column.binning, NumericBinning) and column.binning.widened_range(
        limits.range_margin
    )
    if share <= limits.max_out_of_range_share or not bounds:
        return None
    low, high = bounds
    message = (
        f"{column.name}: {_percent(share)} of the values lie outside of {low:.12g} to {high:.12g}, "
        "the baseline's range with a margin"
    )
    return Violation(
        column.name, Constraint.VALUE_RANGE, share, limits.max_out_of_range_share, message
    )


def _domain(column: _Column, now: ColumnCounts, limits: QualityLimits) -> Violation | None:
    binning = column.binning
    known = isinstance(binning, CategoricalBinning) and binning.is_exhaustive and binning.categories
    if not known or not isinstance(now, CategoricalCounts) or not now.present:
        return None
    share = now.unseen_count / now.present
    if share <= limits.max_unseen_category_share:
        return None
    named = ", ".join(repr(category) for category in list(now.new)[:3])
    message = f"{column.name}: {_percent(share)} of the values are new levels, such as {named}"
    return Violation(
        column.name, Constraint.CATEGORICAL_VALUES, share, limits.max_unseen_category_share, message
    )


def _outside(column: _Column, now: ColumnCounts, margin: float) -> float:
    """Share of values beyond the widened range, less what the baseline has there; 0 for a
    constant, which has no range to speak of."""
    binning = column.binning
    if not isinstance(binning, NumericBinning) or binning.distinct_count < 2:
        return 0.0
    before, after = column.counts, now
    if not isinstance(before, NumericCounts) or not isinstance(after, NumericCounts):
        return 0.0
    return max(0.0, _beyond(binning, after, margin) - _beyond(binning, before, margin))


def _beyond(binning: NumericBinning, counts: NumericCounts, margin: float) -> float:
    bounds = binning.widened_range(margin)
    if bounds is None or not counts.rows:
        return 0.0
    first, last = (int(binning.split_points.searchsorted(bound)) for bound in bounds)
    left, up_to = cumulative_counts(counts)
    return float(left[first] + counts.present - up_to[last]) / counts.rows


def _check_prediction(
    baseline: Baseline, profile: Profile, limits: QualityLimits
) -> list[Violation]:
    """The prediction keeps its constraints too, but what a model says breaks no input."""
    binning, now = baseline.binnings.prediction, profile.counts.prediction
    reference = baseline.reference.prediction
    if binning is None or now is None or reference is None or not now.present:
        return []
    return _check(_Column("prediction", binning, reference), now, limits, far=False)[0]


def _extra_columns(line_counts: LineCounts, limits: QualityLimits) -> list[Violation]:
    rows = line_counts.records_read
    return [
        Violation(
            name,
            Constraint.EXTRA_COLUMN,
            count / rows,
            limits.max_invalid_type_share,
            f"{name}: {_percent(count / rows)} of the records have this column, "
            "which is no feature of the model",
        )
        for name, count in sorted(line_counts.extra_columns.items())
        if rows and count / rows > limits.max_invalid_type_share
    ]


def _check_lines(
    line_counts: LineCounts, limits: QualityLimits
) -> tuple[str | None, list[Violation]]:
    judged = line_counts.usable_lines + line_counts.rejected_lines
    share = line_counts.rejected_lines / judged if judged else 0.0
    if not judged or share < limits.max_invalid_record_share:
        return None, []
    ranked = sorted(line_counts.rejected.items(), key=lambda item: (-item[1], item[0]))
    why = ", ".join(f"{reason} {count}" for reason, count in ranked[:3])
    message = f"{_percent(share)} of the captured lines can't be used ({why})"
    return message, [
        Violation(None, Constraint.READABLE_LINES, share, limits.max_invalid_record_share, message)
    ]


def _wrong(counts: ColumnCounts) -> int:
    return counts.invalid if isinstance(counts, NumericCounts) else 0


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"
