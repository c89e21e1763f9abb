"""Checks a window against the constraints of its baseline, and finds invalid data.

Drift is a change of the population; invalid data is a fault of the pipeline. No population causes:

* lines that can't be read, values of a wrong type, columns that are missing all of a sudden;
* records that repeat the values of others far more often than training rows do;
* known categories that are spelled otherwise: with other blanks, case or Unicode form;
* hours, weekdays and months that are not those of the records' times;
* numbers far outside of the reference: beyond its trimmed range widened by ``FAR_MARGINS`` times
  the margin of the constraint, as after a change of unit by a factor of 1000.

Where at least ``max_invalid_record_share`` of a window has these, in its lines or in one column,
the window is no evidence about the population. A feature that no test compares is invalid with
``MAX_UNCOMPARED_INVALID_SHARE`` values of a wrong type. New categories are a violation above their
limit, but they do not make a window invalid: they are what drift looks like.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from driftloop.capture import LineCounts
from driftloop.column_names import describe_spelling
from driftloop.profile import Baseline, Profile
from driftloop.profile.categorical import CategoricalBinning, CategoricalCounts
from driftloop.profile.column_pair import cumulative_counts
from driftloop.profile.columns import Binning, ColumnCounts
from driftloop.profile.numeric.counts import NumericBinning, NumericCounts
from driftloop.quality.clock import check_clocks
from driftloop.quality.repeats import find_repeats
from driftloop.quality.rounding import RoundingFinding
from driftloop.quality.spelling import Spelling, find_spellings
from driftloop.quality.violations import Constraint, QualityLimits, QualityResult, Violation
from driftloop.schema import Kind
from driftloop.seasonality.hourly_counts import PREDICTION
from driftloop.untrusted_text import MAX_VALUE_LENGTH, quoted_value, unlinked

FAR_MARGINS = 8
"""Margins of the value range beyond which numbers are invalid, not merely out of range."""


MAX_UNCOMPARED_INVALID_SHARE = 0.1
"""Share of values of a wrong type, beyond the reference's, from which a feature is invalid that no
test compares. Of a compared feature that is drift: it has lost these values."""

MAX_EXAMPLES = 3
"""Examples that a message names."""


def check_constraints(
    baseline: Baseline,
    profile: Profile,
    limits: QualityLimits,
    excluded_features: Collection[str] = (),
    rounding: Mapping[str, RoundingFinding] | None = None,
    *,
    with_clocks: bool = True,
) -> QualityResult:
    """Check a window.

    Args:
        baseline: Has the reference that the constraints come from.
        profile: The window's records, counted on this baseline.
        limits: How far data may deviate.
        excluded_features: Features that are checked for type and completeness only, and that no
            test compares.
        rounding: The result of :func:`driftloop.quality.rounding.find_rounding`.
        with_clocks: Whether features that follow the clock are checked against it; the daily rule
            does that itself.
    """
    violations: list[Violation] = []
    invalid_columns: dict[str, str] = {}
    dates = {c for f in baseline.schema.features if f.kind is Kind.DATE for c in f.columns}
    spellings: dict[str, tuple[Spelling, ...]] = {}
    for name, binning in baseline.binnings.features.items():
        type_name = "dates" if name in dates else "numbers"
        column = _ReferenceColumn(name, binning, baseline.reference.features[name], type_name)
        current = profile.counts.features[name]
        if not current.rows:
            continue
        violations += _check_presence(column, current, limits)
        far_share = 0.0
        found: tuple[Spelling, ...] = ()
        if name not in excluded_features:
            found = _find_spellings(column, current)
            spellings |= {name: found} if found else {}
            violations += _check_values(column, current, limits, found)
            far_share = _out_of_range_share(column, current, limits.range_margin * FAR_MARGINS)
        reason = _find_invalid_reason(
            column, current, far_share, found, limits, is_compared=name not in excluded_features
        )
        if reason is not None:
            invalid_columns[name] = reason
    disagreeing = check_clocks(baseline, profile) if with_clocks else []
    violations += disagreeing
    clocks = {one.column: one.message for one in disagreeing if one.column is not None}
    invalid_columns |= clocks
    violations += _check_prediction(baseline, profile, limits)
    violations += [
        finding.to_violation("prediction" if name == PREDICTION else name)
        for name, finding in (rounding or {}).items()
        if finding.is_relevant
    ]
    violations += _check_responses(profile.line_counts, limits)
    violations += _check_extra_columns(profile.line_counts, limits, baseline.schema.names)
    repeats = find_repeats(baseline, profile, limits)
    repeated = None if repeats is None else repeats.to_violation()
    if repeated is not None:
        violations.insert(0, repeated)
    invalid_lines, line_violations = _check_lines(profile.line_counts, limits)
    return QualityResult(
        violations=(*line_violations, *violations),
        invalid_lines=invalid_lines,
        checked_lines=profile.line_counts.usable_lines + profile.line_counts.rejected_lines,
        invalid_columns=invalid_columns,
        clocks=frozenset(clocks),
        spellings=spellings,
        repeated_records=None if repeated is None else repeated.message,
    )


class _ReferenceColumn:
    """A column of the baseline, and its shares of missing and invalid values."""

    def __init__(
        self, name: str, binning: Binning, counts: ColumnCounts, type_name: str = "numbers"
    ) -> None:
        self.name, self.binning, self.counts, self.type_name = name, binning, counts, type_name
        self.missing_share = counts.missing / max(counts.rows, 1)
        self.invalid_type_share = _invalid_count(counts) / max(counts.rows, 1)


def _check_presence(
    column: _ReferenceColumn, current: ColumnCounts, limits: QualityLimits
) -> list[Violation]:
    """What every column must keep, whatever its values mean: its type, and that values exist."""
    checks = [
        _check_type(column, current, limits),
        _check_completeness(column, current, limits),
    ]
    return [violation for violation in checks if violation is not None]


def _check_values(
    column: _ReferenceColumn,
    current: ColumnCounts,
    limits: QualityLimits,
    spellings: Sequence[Spelling],
) -> list[Violation]:
    if isinstance(column.binning, CategoricalBinning):
        checks = [
            _check_spelling(column, current, limits, spellings),
            _check_categories(column, current, limits, spellings),
        ]
    else:
        checks = [_check_range(column, current, limits)]
    return [violation for violation in checks if violation is not None]


def _find_spellings(column: _ReferenceColumn, current: ColumnCounts) -> tuple[Spelling, ...]:
    binning, reference = column.binning, column.counts
    if not isinstance(binning, CategoricalBinning):
        return ()
    if not isinstance(reference, CategoricalCounts) or not isinstance(current, CategoricalCounts):
        return ()
    return find_spellings(binning, reference, current)


def _check_spelling(
    column: _ReferenceColumn,
    current: ColumnCounts,
    limits: QualityLimits,
    spellings: Sequence[Spelling],
) -> Violation | None:
    share = sum(one.count for one in spellings) / max(current.present, 1)
    if share <= limits.max_invalid_type_share:
        return None
    examples = ", ".join(map(str, spellings[:MAX_EXAMPLES]))
    message = (
        f"{column.name}: {_percent(share)} of the values are known categories spelled otherwise:"
        f" {examples}; an encoder that compares texts does not know them"
    )
    return Violation(
        column.name, Constraint.SPELLING, share, limits.max_invalid_type_share, message
    )


def _find_invalid_reason(
    column: _ReferenceColumn,
    current: ColumnCounts,
    far_share: float,
    spellings: Sequence[Spelling],
    limits: QualityLimits,
    *,
    is_compared: bool,
) -> str | None:
    """Why a column is invalid; None where it is valid.

    What counts of a share is what exceeds that of the reference.
    """
    spelled = sum(one.count for one in spellings) / current.rows
    wrong_type = "have a wrong type"
    shares = {
        wrong_type: (_invalid_count(current) / current.rows, column.invalid_type_share),
        "are missing": (current.missing / current.rows, column.missing_share),
        "lie far outside of the reference, as after a change of unit": (far_share, 0.0),
        "are spelled otherwise": (spelled, 0.0),
    }
    excess = {reason: max(0.0, share - usual) for reason, (share, usual) in shares.items()}
    largest = max(excess, key=lambda reason: excess[reason])
    if sum(excess.values()) < limits.max_invalid_record_share:
        allowed = max(MAX_UNCOMPARED_INVALID_SHARE, limits.max_invalid_type_share)
        if is_compared or excess[wrong_type] < allowed:
            return None
        largest = wrong_type
    example = f": {spellings[0]}" if largest == "are spelled otherwise" else ""
    return f"{column.name}: {_percent(shares[largest][0])} of the values {largest}{example}"


def _check_type(
    column: _ReferenceColumn, current: ColumnCounts, limits: QualityLimits
) -> Violation | None:
    share = _invalid_count(current) / current.rows
    allowed = column.invalid_type_share + limits.max_invalid_type_share
    if share <= allowed:
        return None
    message = f"{column.name}: {_percent(share)} of the values are no {column.type_name}"
    return Violation(column.name, Constraint.DATA_TYPE, share, allowed, message)


def _check_completeness(
    column: _ReferenceColumn, current: ColumnCounts, limits: QualityLimits
) -> Violation | None:
    share = current.missing / current.rows
    required = max(0.0, 1 - column.missing_share - limits.max_completeness_drop)
    if 1 - share >= required:
        return None
    if current.missing == current.rows:
        message = f"{column.name}: the column is missing from every record"
        return Violation(column.name, Constraint.MISSING_COLUMN, 0.0, required, message)
    message = (
        f"{column.name}: {_percent(share)} of the values are missing,"
        f" {_percent(column.missing_share)} in the reference"
    )
    return Violation(column.name, Constraint.COMPLETENESS, 1 - share, required, message)


def _check_range(
    column: _ReferenceColumn, current: ColumnCounts, limits: QualityLimits
) -> Violation | None:
    share = _out_of_range_share(column, current, limits.range_margin)
    bounds = isinstance(column.binning, NumericBinning) and column.binning.widened_range(
        limits.range_margin
    )
    if share <= limits.max_out_of_range_share or not bounds:
        return None
    low, high = bounds
    message = (
        f"{column.name}: {_percent(share)} of the values lie outside of {low:.12g} to {high:.12g},"
        " the reference's range with a margin"
    )
    return Violation(
        column.name, Constraint.VALUE_RANGE, share, limits.max_out_of_range_share, message
    )


def _check_categories(
    column: _ReferenceColumn,
    current: ColumnCounts,
    limits: QualityLimits,
    spellings: Sequence[Spelling],
) -> Violation | None:
    binning = column.binning
    known = isinstance(binning, CategoricalBinning) and binning.is_exhaustive and binning.categories
    if not known or not isinstance(current, CategoricalCounts) or not current.present:
        return None
    spelled = {one.category: one.count for one in spellings}
    share = (current.unseen_count - sum(spelled.values())) / current.present
    if share <= limits.max_unseen_category_share:
        return None
    unknown = [category for category in current.new if category not in spelled]
    examples = ", ".join(quoted_value(category) for category in unknown[:MAX_EXAMPLES])
    message = (
        f"{column.name}: {_percent(share)} of the values are new categories, such as {examples}"
    )
    return Violation(
        column.name, Constraint.CATEGORICAL_VALUES, share, limits.max_unseen_category_share, message
    )


def _out_of_range_share(column: _ReferenceColumn, current: ColumnCounts, margin: float) -> float:
    """Share of values beyond the widened range, less the reference's; 0 for a constant column,
    which has no range."""
    binning, reference = column.binning, column.counts
    if not isinstance(binning, NumericBinning) or binning.distinct_count < 2:
        return 0.0
    if not isinstance(reference, NumericCounts) or not isinstance(current, NumericCounts):
        return 0.0
    current_share = _share_beyond(binning, current, margin)
    return max(0.0, current_share - _share_beyond(binning, reference, margin))


def _share_beyond(binning: NumericBinning, counts: NumericCounts, margin: float) -> float:
    """Share of records below or above the widened range."""
    bounds = binning.widened_range(margin)
    if bounds is None or not counts.rows:
        return 0.0
    first, last = (int(binning.split_points.searchsorted(bound)) for bound in bounds)
    left, up_to = cumulative_counts(counts)
    return float(left[first] + counts.present - up_to[last]) / counts.rows


def _check_prediction(
    baseline: Baseline, profile: Profile, limits: QualityLimits
) -> list[Violation]:
    """The prediction has constraints too, but it never makes a window invalid: it is no input."""
    binning, current = baseline.binnings.prediction, profile.counts.prediction
    reference = baseline.reference.prediction
    if binning is None or current is None or reference is None:
        return []
    column = _ReferenceColumn("prediction", binning, reference)
    if not current.present:
        return [*_check_any_prediction(column, current, profile.line_counts, limits)]
    presence = _check_presence(column, current, limits)
    return [*presence, *_check_values(column, current, limits, ())]


def _check_any_prediction(
    column: _ReferenceColumn, current: ColumnCounts, line_counts: LineCounts, limits: QualityLimits
) -> Iterator[Violation]:
    """That responses have predictions at all. Where none was captured, that is a setting."""
    unreadable = sum(line_counts.unreadable_predictions.values())
    all_unreadable = unreadable and unreadable + line_counts.missing_predictions >= (
        line_counts.usable_lines
    )
    if not current.rows or not line_counts.has_responses or all_unreadable:
        return  # of unreadable responses there is a violation of its own
    required = max(0.0, 1 - column.missing_share - limits.max_completeness_drop)
    shares = {
        "are null, NaN or missing": current.missing / current.rows,
        "are no numbers": _invalid_count(current) / current.rows,
    }
    parts = [f"{_percent(share)} {what}" for what, share in shares.items() if share]
    message = f"prediction: no record has a prediction that can be read: {' and '.join(parts)}"
    yield Violation("prediction", Constraint.MISSING_COLUMN, 0.0, required, message)


def _check_responses(line_counts: LineCounts, limits: QualityLimits) -> Iterator[Violation]:
    """Responses without a readable prediction. They never make a window invalid: the features of
    their requests are read."""
    by_reason = line_counts.unreadable_predictions
    share = sum(by_reason.values()) / max(line_counts.usable_lines, 1)
    if share > limits.max_invalid_type_share:
        message = (
            f"prediction: {_percent(share)} of the responses can't be read ({_most(by_reason)})"
        )
        yield Violation(
            "prediction",
            Constraint.READABLE_RESPONSES,
            share,
            limits.max_invalid_type_share,
            message,
        )


def _check_extra_columns(
    line_counts: LineCounts, limits: QualityLimits, names: Sequence[str]
) -> Iterator[Violation]:
    records = line_counts.records_read
    for name, count in sorted(line_counts.extra_columns.items()):
        if records and count / records > limits.max_invalid_type_share:
            column = unlinked(name, MAX_VALUE_LENGTH)  # the sender of a request chooses it
            spelling = describe_spelling(name, names)
            meant = f"; the feature {spelling}" if spelling else ""
            yield Violation(
                column,
                Constraint.EXTRA_COLUMN,
                count / records,
                limits.max_invalid_type_share,
                f"{column}: {_percent(count / records)} of the records have this column, which is"
                f" no feature of the model{meant}",
            )


def _check_lines(
    line_counts: LineCounts, limits: QualityLimits
) -> tuple[str | None, list[Violation]]:
    """Why the lines are invalid, with the violation; None where they are valid."""
    checked = line_counts.usable_lines + line_counts.rejected_lines
    share = line_counts.rejected_lines / checked if checked else 0.0
    if not checked or share < limits.max_invalid_record_share:
        return None, []
    message = (
        f"{_percent(share)} of the captured lines can't be read ({_most(line_counts.rejected)})"
    )
    violation = Violation(
        None, Constraint.READABLE_LINES, share, limits.max_invalid_record_share, message
    )
    return message, [violation]


def _most(by_reason: Mapping[str, int]) -> str:
    """The most frequent reasons with their counts."""
    ranked = sorted(by_reason.items(), key=lambda item: (-item[1], item[0]))[:3]
    return ", ".join(f"{reason} {count}" for reason, count in ranked)


def _invalid_count(counts: ColumnCounts) -> int:
    return counts.invalid if isinstance(counts, NumericCounts) else 0


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"
