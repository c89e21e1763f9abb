"""Alarms of broken data on the days that were decided: from their reports, and from live days.

Reports say what is wrong. In a deployment the live days have the last decision too: on a day whose
late records came after its report, and on windows shorter than a day.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from driftloop.contract import s3_keys
from driftloop.daily.accepted_change import FILE
from driftloop.daily.history import DayRecord, is_broken_data
from driftloop.daily.live_days import LiveDays
from driftloop.detection.daily_rule import CONSTRAINTS
from driftloop.detection.first_days import BROKEN
from driftloop.errors import FormatError, InputError
from driftloop.profile.date_parts import HOUR_SECONDS
from driftloop.profile.hourly.layout import PREDICTION
from driftloop.quality.violations import Constraint
from driftloop.report import WindowReport
from driftloop.s3_uri import SCHEME, is_s3_uri, parse_s3_uri
from driftloop.storage import FileEntry, find_content, list_files, read_bytes

MAX_READ_DAYS = 62
"""Days that are read in a deployment, the last ones."""

NOT_DESCRIBED = "in alarm; the report describes another alarm of the column"
DECIDED_AGAIN = "in alarm by its last decision, with records that came after its report"
IN_WINDOW = "broken in the window; its report was not found"

_DEPLOYED_REPORT = re.compile(r"(?P<label>\d{8}(?:T\d{2})?)/r(?P<revision>\d+)/report\.json")
_DEPLOYED_HISTORY = re.compile(r"reports/(?P<model>[^/]+)/v(?P<version>\d+)/?")


class DeployedVersion(NamedTuple):
    """A version whose reports are in the analysis bucket of a deployment."""

    bucket: str
    model: str
    version: int


class DayAlarm(NamedTuple):
    """An alarm of broken data on a day; ``text`` is what the report says of it.

    ``in_window`` is the value of what the window itself has, if it is shorter than a day, otherwise
    0.
    """

    column: str
    check: str
    end: int
    text: str
    in_window: float = 0.0


class DecidedDays(NamedTuple):
    """Alarms of broken data, oldest first.

    Attributes:
        alarms: The alarms.
        last_end: Hour since 1970 (UTC) at which the last decided day ends.
        notes: What could not be read.
    """

    alarms: Sequence[DayAlarm]
    last_end: int
    notes: Sequence[str] = ()


def deployed_version(uri: str) -> DeployedVersion | None:
    """The version whose reports are at a URI; None where it is no such URI."""
    if not is_s3_uri(uri):
        return None
    bucket, key = parse_s3_uri(uri)
    match = _DEPLOYED_HISTORY.fullmatch(key)
    return match and DeployedVersion(bucket, match["model"], int(match["version"]))


def read_decided_days(uri: str, model: str, window_hours: int) -> DecidedDays:
    """Read the alarms of the days that were decided on the newest baseline.

    Args:
        uri: The folder of ``driftloop analyze --history``, or ``s3://BUCKET/reports/MODEL/vN``.
        model: The model.
        window_hours: Length of its windows.

    Raises:
        InputError: There is no report of the model that the daily rule decided.
    """
    files = _ReportFiles(list_files(uri))
    reports = _read_reports(uri, model, files.newest())
    found: dict[tuple[int, str, str], DayAlarm] = {}
    for one in reports:
        for alarm in _alarms(one.day, one):
            _add(found, alarm)
    deployed = deployed_version(uri)
    ends = [one.day.end for one in reports if one.day is not None]
    if deployed is None:
        return DecidedDays([found[key] for key in sorted(found)], max(ends))
    records, notes = _live_records(deployed, reports[-1].baseline.fingerprint)
    for record in records:
        if record.end >= min(ends):
            ends.append(record.end)
            report = files.window(record.end, window_hours) if record.in_window else None
            _add_record(found, record, report)
    return DecidedDays([found[key] for key in sorted(found)], max(ends), notes)


class _ReportFiles:
    """The reports below a folder; of a deployment the newest revision of each day and window."""

    def __init__(self, files: Iterable[FileEntry]) -> None:
        self._files = [one for one in files if one.name.endswith(".json") and one.name != FILE]
        found: dict[str, tuple[int, FileEntry]] = {}
        for file in self._files:
            if match := _DEPLOYED_REPORT.fullmatch(file.name):
                revision = int(match["revision"])
                if revision >= found.get(match["label"], (-1, file))[0]:
                    found[match["label"]] = revision, file
        self._deployed = {label: file for label, (_, file) in found.items()}

    def newest(self) -> list[FileEntry]:
        """All of them; of a deployment those of the last days, and of the windows since the last of
        them."""
        if not self._deployed:
            return self._files
        days = sorted(label for label in self._deployed if len(label) == len("20260131"))
        last = days[-1] if days else ""
        windows = sorted(
            label for label in self._deployed if "T" in label and label[: len(last)] > last
        )
        labels = [*days[-MAX_READ_DAYS:], *windows[-MAX_READ_DAYS:]]
        return [self._deployed[label] for label in labels]

    def window(self, end: int, hours: int) -> WindowReport | None:
        """The report of a deployment's window."""
        start = datetime.fromtimestamp((end - hours) * HOUR_SECONDS, UTC)
        file = self._deployed.get(f"{start:%Y%m%dT%H}")
        return None if file is None else _read_report(file)


def _read_reports(uri: str, model: str, files: Iterable[FileEntry]) -> list[WindowReport]:
    """The reports that the daily rule decided on the newest baseline, by the end of their day.

    Of several reports on one window the one with the highest revision counts.
    """
    found: dict[tuple[int, object], WindowReport] = {}
    for file in files:
        report = _read_report(file)
        if report is None or report.model != model or report.day is None:
            continue
        key = report.day.end, report.window
        if key not in found or found[key].revision <= report.revision:
            found[key] = report
    if not found:
        raise InputError(
            f"{uri}: there is no report of {model} on a day that the daily rule decided; name the"
            " folder of `driftloop analyze --history`, or s3://BUCKET/reports/MODEL/vVERSION"
        )
    reports = [report for _, report in sorted(found.items(), key=lambda item: item[0][0])]
    baseline = reports[-1].baseline.fingerprint
    return [report for report in reports if report.baseline.fingerprint == baseline]


def _read_report(file: FileEntry) -> WindowReport | None:
    try:
        return WindowReport.from_json(read_bytes(file.uri))
    except FormatError:
        return None


def _live_records(
    deployed: DeployedVersion, baseline: str
) -> tuple[Sequence[DayRecord], Sequence[str]]:
    """The last decisions on the days and windows of a version, and why there are none."""
    uri = f"{SCHEME}{deployed.bucket}/{s3_keys.live_days(deployed.model, deployed.version)}"
    content = find_content(uri)
    if content is None:
        return (), ()
    try:
        live = LiveDays.from_bytes(content.data)
    except FormatError as error:
        return (), (f"only alarms of reports are shown, because of {uri}: {error}",)
    return (*live.windows, *live.decided) if live.baseline == baseline else (), ()


def _add_record(
    found: dict[tuple[int, str, str], DayAlarm], record: DayRecord, report: WindowReport | None
) -> None:
    """Add what no report has: the alarms of a day, and what its window has.

    Args:
        found: What the reports have.
        record: The last decision on the day.
        report: The report of its window.
    """
    for alarm in _alarms(record, None):
        text = DECIDED_AGAIN
        if alarm.in_window:
            text = IN_WINDOW if report is None else _text(report, alarm.column, alarm.check)
        _add(found, alarm._replace(text=text))


def _add(found: dict[tuple[int, str, str], DayAlarm], alarm: DayAlarm) -> None:
    """Add an alarm; one that is known keeps its text."""
    key = alarm.end, alarm.column, alarm.check
    known = found.get(key, alarm)
    found[key] = known._replace(in_window=max(known.in_window, alarm.in_window))


def _alarms(record: DayRecord | None, report: WindowReport | None) -> Iterator[DayAlarm]:
    """Alarms of broken data of a day, and what its window has."""
    if record is None:
        return
    in_window: Mapping[str, Mapping[str, float]] = record.in_window
    checks = {
        (column, check): in_window.get(column, {}).get(check, 0.0)
        for column, names in [*record.alarms.items(), *in_window.items()]
        for check in names
        if is_broken_data(check)
    }
    for (column, check), value in checks.items():
        text = "" if report is None else _text(report, column, check)
        yield DayAlarm(column, check, record.end, text, value)


def _text(report: WindowReport, column: str, check: str) -> str:
    """What a report says of an alarm."""
    name = "prediction" if column == PREDICTION else column
    texts = [
        violation.message.removeprefix(f"{name}: ")
        for violation in report.data_quality.violations
        if violation.column in (column, "prediction" if column == PREDICTION else column)
        and violation.constraint in _constraints(check)
    ]
    return "; ".join(texts) or NOT_DESCRIBED


def _constraints(check: str) -> set[Constraint]:
    """The constraints whose violation is an alarm of a check."""
    return {CONSTRAINTS[check], *(one for one, name in BROKEN.items() if name == check)}
