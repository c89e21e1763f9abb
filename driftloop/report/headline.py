"""The verdict in one sentence, and labels of verdicts and statuses."""

from collections.abc import Mapping, Sequence

from driftloop.detection.explanation import Explanation, date_text
from driftloop.detection.verdict import ColumnStatus, WindowVerdict
from driftloop.report.change_text import short_change
from driftloop.report.formatting import format_count, long_time, plural
from driftloop.report.window_report import AnyColumn, WindowReport

RankedColumns = Sequence[tuple[str, AnyColumn]]
"""Features with their names, largest change first."""

STATUS_LABELS: Mapping[ColumnStatus, str] = {
    ColumnStatus.DRIFTED: "drifted",
    ColumnStatus.MINOR_CHANGE: "minor change",
    ColumnStatus.STABLE: "stable",
    ColumnStatus.INSUFFICIENT_DATA: "insufficient data",
    ColumnStatus.INVALID_DATA: "invalid data",
    ColumnStatus.EXCLUDED: "excluded",
}

VERDICT_LABELS: Mapping[WindowVerdict, str] = {
    WindowVerdict.STABLE: "Stable",
    WindowVerdict.DRIFTED: "Drifted",
    WindowVerdict.INSUFFICIENT_DATA: "Insufficient data",
    WindowVerdict.INVALID_DATA: "Invalid data",
}


def headline(report: WindowReport, ranked: RankedColumns) -> str:
    """The verdict in one sentence."""
    compared = sum(column.status != ColumnStatus.EXCLUDED for _, column in ranked)
    total = plural(compared, "feature")
    if report.verdict == WindowVerdict.DRIFTED:
        drifted = [(name, column) for name, column in ranked if column.drifted]
        return _drifted(report, drifted, total)
    if report.verdict == WindowVerdict.STABLE:
        minor = sum(column.status == ColumnStatus.MINOR_CHANGE for _, column in ranked)
        changes = plural(minor, "minor change")
        also = f"; {changes} below the minimum effect size" if minor else ""
        count = len(report.data_quality.violations)
        broken = f"; {plural(count, 'violation')} of data quality" if count else ""
        return f"Stable: none of {total} has drifted{also}{broken}."
    period = period_name(report)
    if report.verdict == WindowVerdict.INSUFFICIENT_DATA:
        return f"Insufficient data: too few records to decide on drift in this {period}."
    return _invalid(period, [one.brief_sentence for one in report.explanations] or report.reasons)


def _invalid(period: str, reasons: Sequence[str]) -> str:
    if not reasons:
        return f"The data of this {period} is invalid."
    more = f", and {plural(len(reasons) - 1, 'more finding')}" if len(reasons) > 1 else ""
    return f"The data of this {period} is invalid: {reasons[0]}{more}."


def drift_duration(report: WindowReport) -> str:
    """When the drift or the fault of the headline began, where that was before this window; else
    empty."""
    since, window = report.since, report.window
    if since is None or window is None:
        return ""
    named = _named_cause(report)
    if named is None or named.column is None:
        start, text = since.start, long_time(since.start)
    elif named.since is not None:
        start, text = named.since, date_text(named.since)
    else:
        column = report.features.get(named.column)
        if column is None or column.since is None:
            return ""
        start, text = column.since, long_time(column.since)
    if start >= window.start:
        return ""
    what = "drift" if report.verdict == WindowVerdict.DRIFTED else "fault"
    return f"The {what} began in the {period_name(report)} from {text} and has persisted since."


def _named_cause(report: WindowReport) -> Explanation | None:
    """The explanation that the headline names."""
    if report.verdict != WindowVerdict.DRIFTED:
        return next(iter(report.explanations), None)
    names = {name for name, column in report.features.items() if column.drifted}
    return next((cause for cause in report.explanations if cause.column in names), None)


def period_name(report: WindowReport) -> str:
    """What was analyzed: a window, or a day that sums up its windows."""
    return "day" if report.is_daily else "window"


def _drifted(report: WindowReport, drifted: RankedColumns, total: str) -> str:
    prediction = report.prediction_drifted
    if not drifted and not prediction:
        return f"Drifted: the correlation of two features changed, though none of {total} drifted."
    if not drifted:
        return f"Drifted: the predictions changed, though none of {total} drifted."
    also = "; the predictions drifted too" if prediction else ""
    name, column = drifted[0]
    change, cause = short_change(column), _named_cause(report)
    if cause is not None and cause.column is not None:
        name, change = cause.column, cause.brief
    first = f"{name} ({change})" if change else name
    if len(drifted) == 1:
        return f"Drifted: {first}, one of {total}{also}."
    return f"Drifted: {format_count(len(drifted))} of {total}, most of all {first}{also}."
