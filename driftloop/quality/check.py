"""Broken data, told apart from drift.

Drift is a population that changed; broken data is a pipe that did. What no population does:

* lines that can't be read, values of a wrong type, columns that are empty all of a sudden;
* numbers far outside of anything seen: beyond the reference's core range widened by
  ``FAR`` times the margin of the constraint (a unit that changed by a factor of 1000).

When at least ``invalid_share`` of a window shows these, in its lines or in one column, the window
is no evidence about the population. Levels that were never seen are a violation above their limit,
but never such evidence: a new level is what drift looks like.
"""

from collections.abc import Collection, Mapping

from driftloop.capture import Tally
from driftloop.profile import Baseline, Profile
from driftloop.profile.categorical import CategoricalCounts, CategoricalGrid
from driftloop.profile.columns import ColumnCounts, Grid
from driftloop.profile.numeric import NumericCounts, NumericGrid
from driftloop.profile.pair import cumulative
from driftloop.profile.thinned import PREDICTION
from driftloop.quality.coarser import Coarser
from driftloop.quality.findings import Limits, Quality, Violation
from driftloop.schema import Kind

FAR = 8


def check_quality(
    baseline: Baseline,
    profile: Profile,
    limits: Limits,
    left_out: Collection[str] = (),
    coarser: Mapping[str, Coarser] | None = None,
) -> Quality:
    """Hold a window against the constraints that its baseline taught.

    Features ``left_out`` of verdicts have neither a range nor levels to keep; ``coarser`` are the
    columns that :func:`driftloop.quality.coarser.find_coarser` finds.
    """
    violations: list[Violation] = []
    broken: dict[str, str] = {}
    dated = {c for f in baseline.schema.features if f.kind is Kind.DATE for c in f.columns}
    for name, grid in baseline.grids.features.items():
        meant = "dates" if name in dated else "numbers"
        column = _Column(name, grid, baseline.reference.features[name], meant)
        now = profile.counted.features[name]
        if name in left_out:
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
    violations += _extra_columns(profile.tally, limits)
    lines, line_violations = _check_lines(profile.tally, limits)
    judged = profile.tally.usable_lines + profile.tally.rejected_lines
    return Quality((*line_violations, *violations), lines, judged, broken)


class _Column:
    """A column of the baseline, and the shares that are usual there."""

    def __init__(self, name: str, grid: Grid, counts: ColumnCounts, meant: str = "numbers") -> None:
        self.name, self.grid, self.counts, self.meant = name, grid, counts, meant
        self.missing = counts.missing / max(counts.rows, 1)
        self.wrong = _wrong(counts) / max(counts.rows, 1)


def _check(
    column: _Column, now: ColumnCounts, limits: Limits, *, far: bool
) -> tuple[list[Violation], str | None]:
    if not now.rows:
        return [], None
    violations, _ = _check_presence(column, now, limits)
    if isinstance(column.grid, CategoricalGrid):
        of_values = _domain(column, now, limits)
        outside = 0.0
    else:
        of_values = _range(column, now, limits)
        outside = _outside(column, now, limits.range_margin * FAR) if far else 0.0
    violations += [of_values] if of_values else []
    return violations, _fault(column, now, outside, limits)


def _check_presence(
    column: _Column, now: ColumnCounts, limits: Limits
) -> tuple[list[Violation], str | None]:
    """What holds of any column, whatever its values mean: its type, and that it is there."""
    if not now.rows:
        return [], None
    checks = [_type(column, now, limits), _completeness(column, now, limits)]
    return [check for check in checks if check], _fault(column, now, 0.0, limits)


def _fault(column: _Column, now: ColumnCounts, outside: float, limits: Limits) -> str | None:
    """Why a column can't be judged; shares that the baseline has too don't count."""
    shares = {
        "are of a wrong type": max(0.0, _wrong(now) / now.rows - column.wrong),
        "are missing": max(0.0, now.missing / now.rows - column.missing),
        "lie far outside of all that the baseline has seen, as after a change of unit": outside,
    }
    total = sum(shares.values())
    if total < limits.invalid_share:
        return None
    worst = max(shares, key=lambda words: shares[words])
    return f"{column.name}: {_percent(shares[worst])} of the values {worst}"


def _type(column: _Column, now: ColumnCounts, limits: Limits) -> Violation | None:
    share, allowed = _wrong(now) / now.rows, column.wrong + limits.type_share
    if share <= allowed:
        return None
    message = f"{column.name}: {_percent(share)} of the values are no {column.meant}"
    return Violation(column.name, "type", share, allowed, message)


def _completeness(column: _Column, now: ColumnCounts, limits: Limits) -> Violation | None:
    share = now.missing / now.rows
    least = max(0.0, 1 - column.missing - limits.completeness_drop)
    if 1 - share >= least:
        return None
    if now.missing == now.rows:
        message = f"{column.name}: the column is missing from every record"
        return Violation(column.name, "missing_column", 0.0, least, message)
    message = (
        f"{column.name}: {_percent(share)} of the values are missing, "
        f"{_percent(column.missing)} in the baseline"
    )
    return Violation(column.name, "completeness", 1 - share, least, message)


def _range(column: _Column, now: ColumnCounts, limits: Limits) -> Violation | None:
    share = _outside(column, now, limits.range_margin)
    bounds = isinstance(column.grid, NumericGrid) and column.grid.widened(limits.range_margin)
    if share <= limits.range_share or not bounds:
        return None
    low, high = bounds
    message = (
        f"{column.name}: {_percent(share)} of the values lie outside of {low:.12g} to {high:.12g}, "
        "the baseline's range with a margin"
    )
    return Violation(column.name, "range", share, limits.range_share, message)


def _domain(column: _Column, now: ColumnCounts, limits: Limits) -> Violation | None:
    grid = column.grid
    known = isinstance(grid, CategoricalGrid) and grid.exhaustive and grid.levels
    if not known or not isinstance(now, CategoricalCounts) or not now.present:
        return None
    share = now.unseen / now.present
    if share <= limits.domain_share:
        return None
    named = ", ".join(repr(level) for level in list(now.new)[:3])
    message = f"{column.name}: {_percent(share)} of the values are new levels, such as {named}"
    return Violation(column.name, "domain", share, limits.domain_share, message)


def _outside(column: _Column, now: ColumnCounts, margin: float) -> float:
    """Share of values beyond the widened range, less what the baseline has there; 0 for a
    constant, which has no range to speak of."""
    grid = column.grid
    if not isinstance(grid, NumericGrid) or grid.distinct < 2:
        return 0.0
    before, after = column.counts, now
    if not isinstance(before, NumericCounts) or not isinstance(after, NumericCounts):
        return 0.0
    return max(0.0, _beyond(grid, after, margin) - _beyond(grid, before, margin))


def _beyond(grid: NumericGrid, counts: NumericCounts, margin: float) -> float:
    bounds = grid.widened(margin)
    if bounds is None or not counts.rows:
        return 0.0
    first, last = (int(grid.knots.searchsorted(bound)) for bound in bounds)
    left, up_to = cumulative(counts)
    return float(left[first] + counts.present - up_to[last]) / counts.rows


def _check_prediction(baseline: Baseline, profile: Profile, limits: Limits) -> list[Violation]:
    """The prediction keeps its constraints too, but what a model says breaks no input."""
    grid, now = baseline.grids.prediction, profile.counted.prediction
    reference = baseline.reference.prediction
    if grid is None or now is None or reference is None or not now.present:
        return []
    return _check(_Column("prediction", grid, reference), now, limits, far=False)[0]


def _extra_columns(tally: Tally, limits: Limits) -> list[Violation]:
    rows = tally.rows_read
    return [
        Violation(
            name,
            "extra_column",
            count / rows,
            limits.type_share,
            f"{name}: {_percent(count / rows)} of the records have this column, "
            "which is no feature of the model",
        )
        for name, count in sorted(tally.extra_columns.items())
        if rows and count / rows > limits.type_share
    ]


def _check_lines(tally: Tally, limits: Limits) -> tuple[str | None, list[Violation]]:
    judged = tally.usable_lines + tally.rejected_lines
    share = tally.rejected_lines / judged if judged else 0.0
    if not judged or share < limits.invalid_share:
        return None, []
    ranked = sorted(tally.rejected.items(), key=lambda item: (-item[1], item[0]))
    why = ", ".join(f"{reason} {count}" for reason, count in ranked[:3])
    message = f"{_percent(share)} of the captured lines can't be used ({why})"
    return message, [Violation(None, "readable", share, limits.invalid_share, message)]


def _wrong(counts: ColumnCounts) -> int:
    return counts.wrong if isinstance(counts, NumericCounts) else 0


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"
