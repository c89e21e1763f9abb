"""What the chapters share: emulator, account, simulated time, traffic, timeline, expectations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from driftloop.config.settings import ModelSettings
from examples.flights.stream import Hour
from rehearsal.emulator_client import EmulatorClient
from rehearsal.scenario.account import Account
from rehearsal.scenario.cdk import CdkCli
from rehearsal.scenario.client_traffic import ClientTraffic
from rehearsal.scenario.evaluation import EvaluationResult, read_evaluation
from rehearsal.scenario.expectations import Expectations
from rehearsal.scenario.flight_requests import FlightRequests
from rehearsal.scenario.people import People
from rehearsal.scenario.project import Project
from rehearsal.scenario.terminal import TerminalOutput
from rehearsal.scenario.timeline import TimelineEntry, TimelineReader
from rehearsal.timeline_events import TimelineEvent

HOUR = timedelta(hours=1)
ANALYSIS_DELAY = timedelta(minutes=25)
"""Time after an hour's end: its analysis starts after 20 minutes, five more are for its effects."""

LABEL_DELAY = timedelta(minutes=25)
"""Age of a request when its labels arrive."""

REQUESTS_PER_HOUR = 30
MAX_PIPELINE_SECONDS = 300.0
"""Seconds of real time for one pipeline execution."""


@dataclass
class ScenarioContext:
    """What a chapter needs."""

    emulator: EmulatorClient
    account: Account
    people: People
    cdk: CdkCli
    project: Project
    terminal: TerminalOutput
    expectations: Expectations
    folder: Path
    model: str
    settings: ModelSettings
    flights: FlightRequests
    timeline: list[TimelineEntry] = field(default_factory=list)
    evaluations: list[EvaluationResult] = field(default_factory=list)
    _reader: TimelineReader = field(default_factory=TimelineReader)
    _events_read: int = 0

    def __post_init__(self) -> None:
        self.traffic = ClientTraffic(self.account, self.emulator.now)

    # time

    def advance_to(self, time: datetime) -> None:
        """Advance the simulated time, and show what happened."""
        self.emulator.advance_to(time)
        self.read_events()

    def wait_until_idle(self, *, pipelines: bool = False) -> None:
        """Wait (in real time) until no work runs; pipeline executions count if ``pipelines``."""
        self.emulator.wait_until_idle(pipelines=pipelines, timeout=MAX_PIPELINE_SECONDS)
        self.read_events()

    def advance_until_analyzed(self) -> None:
        """Advance to the time when the current hour has ended and has been analyzed."""
        self.advance_to(_next_hour(self.emulator.now()) + ANALYSIS_DELAY)

    # traffic

    def send_hour(
        self, hour: Hour, *, requests: int = REQUESTS_PER_HOUR, malformed: int = 0
    ) -> None:
        """Send an hour's flights, spread over the rest of this hour, and wait for the analysis.

        With each request, ``malformed`` others are sent. Then the labels of older requests arrive.
        """
        start, end = self.emulator.now(), _next_hour(self.emulator.now())
        size = -(-len(hour) // requests)
        for number in range(requests):
            self.emulator.advance_to(start + (end - start) * (number + 0.5) / requests)
            part = slice(number * size, (number + 1) * size)
            self.traffic.send(hour.payload(part.start, part.stop), list(hour.labels.iloc[part]))
            for _ in range(malformed):
                self.traffic.send_malformed()
        self.advance_until_analyzed()
        self.traffic.collect_labels(LABEL_DELAY)

    # what happened

    def read_events(self) -> None:
        """Add the new events of the bus to the timeline."""
        for event in self.emulator.events(self._events_read):
            self._events_read += 1
            for entry in self._reader.read(event):
                self._add_entry(entry)

    def record(self, actor: str, event: TimelineEvent, **detail: Any) -> None:
        """Add an entry for what a person did, which sends no event."""
        self._add_entry(TimelineEntry(self.emulator.now().isoformat(), actor, event, detail))

    def position(self) -> int:
        """Return the current end of the timeline, for ``since``."""
        return len(self.timeline)

    def details(
        self, event: TimelineEvent, *, since: int = 0, **fields: Any
    ) -> list[Mapping[str, Any]]:
        """Return the details of the entries of one event that have these fields."""
        return [
            entry.detail
            for entry in self.timeline[since:]
            if entry.event == event
            and all(entry.detail.get(key) == value for key, value in fields.items())
        ]

    def verdicts(self, *, since: int, **fields: Any) -> list[str]:
        """Return the verdicts of the analyses."""
        analyses = self.details(TimelineEvent.ANALYSIS_COMPLETED, since=since, **fields)
        return [analysis["verdict"] for analysis in analyses]

    def decision_reasons(self, decision: str, *, since: int) -> list[str]:
        """Return the reasons with which the gate decided to ``start`` or ``refuse``."""
        decisions = self.details(TimelineEvent.RETRAINING_DECIDED, since=since, decision=decision)
        return [detail["reason"] for detail in decisions]

    def execution_statuses(self, *, since: int) -> list[str]:
        """Return the statuses with which pipeline executions ended."""
        return [
            execution["status"]
            for execution in self.details(TimelineEvent.PIPELINE_ENDED, since=since)
        ]

    def release_outcomes(self, version: int, *, since: int) -> list[str]:
        """Return the outcomes of a version's releases."""
        releases = self.details(TimelineEvent.RELEASE_COMPLETED, since=since, version=version)
        return [release["outcome"] for release in releases]

    def read_newest_evaluation(self, version: int | None) -> EvaluationResult:
        """Read the evaluation of the newest execution; ``version`` is the one it registered."""
        executions = self.details(TimelineEvent.PIPELINE_ENDED)
        evaluation = read_evaluation(self.account, executions[-1]["execution"], version)
        self.evaluations.append(evaluation)
        return evaluation

    def mails(self, *, since: int) -> list[str]:
        """Return the subjects of the mails to people; ``since`` is a number of earlier mails."""
        return [mail["subject"] for mail in self.emulator.mails(since)]

    def raised_alarms(self, *, since: int) -> list[str]:
        """Return the names of the alarms that changed to ALARM."""
        changes = self.details(TimelineEvent.ALARM_CHANGED, since=since, state="ALARM")
        return [change["alarm"] for change in changes]

    def count_windows_until_alarm(self, alarm: str, *, since: int) -> int:
        """Count the analyzed windows until an alarm changed its state; all if it did not."""
        count = 0
        for entry in self.timeline[since:]:
            if entry.event == TimelineEvent.ALARM_CHANGED and entry.detail["alarm"] == alarm:
                break
            count += entry.event == TimelineEvent.ANALYSIS_COMPLETED
        return count

    def alarm_name(self, kind: str) -> str:
        """Return the name of one of the model's alarms."""
        return self.account.names.alarm(self.model, kind)

    def expect(self, expected: str, is_met: object, seen: object) -> None:
        """Check an expectation of the chapter; raises ExpectationError if it is not met."""
        self.terminal.show_check(self.expectations.expect(expected, is_met, seen))

    def _add_entry(self, entry: TimelineEntry) -> None:
        self.timeline.append(entry)
        self.terminal.show_entry(entry)


def _next_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) + HOUR
