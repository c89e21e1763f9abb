"""Where the chapters play: the embedded AWS, simulated time, traffic, and all that was seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from driftloop.config.settings import ModelSettings
from examples.flights.stream import Hour
from rehearsal.emulator_client import EmulatorClient
from rehearsal.scenario.account import Account
from rehearsal.scenario.cdk import Cdk
from rehearsal.scenario.client_traffic import ClientTraffic
from rehearsal.scenario.evaluation import EvaluationResult, read_evaluation
from rehearsal.scenario.expectations import Expectations
from rehearsal.scenario.flight_requests import Flights
from rehearsal.scenario.project import Project
from rehearsal.scenario.terminal import TerminalOutput
from rehearsal.scenario.timeline import TimelineEntry, TimelineReader

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ANALYSED = timedelta(minutes=25)
"""An hour is analyzed 20 minutes into the next one; five more for what follows from it."""
LABELS_COME_AFTER = timedelta(minutes=25)
REQUESTS = 30
PIPELINE_SECONDS = 300.0


@dataclass
class ScenarioContext:
    """Everything that a chapter needs."""

    world: EmulatorClient
    account: Account
    cdk: Cdk
    project: Project
    screen: TerminalOutput
    expectations: Expectations
    folder: Path
    model: str
    settings: ModelSettings
    flights: Flights
    timeline: list[TimelineEntry] = field(default_factory=list)
    evaluations: list[EvaluationResult] = field(default_factory=list)
    _reader: TimelineReader = field(default_factory=TimelineReader)
    _seen: int = 0

    def __post_init__(self) -> None:
        self.traffic = ClientTraffic(self.account, self.world.now)

    # time

    def advance(self, span: timedelta) -> None:
        """Let simulated time pass."""
        self.advance_to(self.world.now() + span)

    def advance_to(self, when: datetime) -> None:
        """Let simulated time pass, and tell what happened."""
        self.world.advance_to(when)
        self.look()

    def wait_until_idle(self, *, pipelines: bool = False) -> None:
        """Wait (in real time) until what was set off has ended."""
        self.world.wait_until_idle(pipelines=pipelines, timeout=PIPELINE_SECONDS)
        self.look()

    def until_analysed(self) -> None:
        """Go on to the time when the last whole hour has been analyzed."""
        self.advance_to(_next_hour(self.world.now()) + ANALYSED)

    # traffic

    def serve(self, hour: Hour, *, requests: int = REQUESTS) -> None:
        """Send an hour's rows, spread over what is left of this hour; then let it be analyzed.

        Labels of earlier hours come in meanwhile.
        """
        start, end = self.world.now(), _next_hour(self.world.now())
        size = -(-len(hour) // requests)
        for number in range(requests):
            self.world.advance_to(start + (end - start) * (number + 0.5) / requests)
            part = slice(number * size, (number + 1) * size)
            self.traffic.send(hour.payload(part.start, part.stop), list(hour.labels.iloc[part]))
        self.until_analysed()
        self.traffic.collect_labels(LABELS_COME_AFTER)

    # what happened

    def look(self) -> None:
        """Take up what has passed the bus."""
        for event in self.world.events(self._seen):
            self._seen += 1
            for entry in self._reader.read(event):
                self._tell(entry)

    def tell(self, actor: str, event: str, **detail: Any) -> None:
        """An entry of the driver's own: what people did."""
        self._tell(TimelineEntry(self.world.now().isoformat(), actor, event, detail))

    def mark(self) -> int:
        """A place in the timeline, for :meth:`since`."""
        return len(self.timeline)

    def since(self, mark: int, event: str, **wanted: Any) -> list[Mapping[str, Any]]:
        """Details of the entries of one kind since a mark, where all of ``wanted`` is so."""
        return [
            entry.detail
            for entry in self.timeline[mark:]
            if entry.event == event
            and all(entry.detail.get(key) == value for key, value in wanted.items())
        ]

    def evaluation(self, version: int | None) -> EvaluationResult:
        """What the newest run's evaluation found."""
        runs = self.since(0, "pipeline.finished")
        found = read_evaluation(self.account, runs[-1]["execution"], version)
        self.evaluations.append(found)
        return found

    def alarms_raised(self, mark: int) -> list[str]:
        """Names of the alarms that went off since a mark."""
        return [detail["alarm"] for detail in self.since(mark, "alarm.changed", state="ALARM")]

    def windows_until(self, mark: int, alarm: str) -> int:
        """Analysed windows from a mark until an alarm went off; all where it did not."""
        count = 0
        for entry in self.timeline[mark:]:
            if entry.event == "alarm.changed" and entry.detail["alarm"] == alarm:
                break
            count += entry.event == "analysis.completed"
        return count

    def alarm(self, kind: str) -> str:
        """The name of one of the model's alarms."""
        return self.account.names.alarm(self.model, kind)

    def expect(self, claim: str, ok: object, seen: object) -> None:
        """A claim that this chapter makes; raises ExpectationError where it does not hold."""
        self.expectations.expect(claim, ok, seen)
        self.screen.check(claim)

    def _tell(self, entry: TimelineEntry) -> None:
        self.timeline.append(entry)
        self.screen.entry(entry)


def _next_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) + HOUR
