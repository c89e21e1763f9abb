"""Plays the chapters, and writes the timeline and the page."""

import json
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from driftloop.config import load_config
from driftloop.contract.resource_names import ResourceNames
from examples.flights.prepare import prepare
from rehearsal.emulator_client import ROOT, EmulatorClient, start_emulator
from rehearsal.page import render
from rehearsal.scenario import page_data
from rehearsal.scenario.account import Account
from rehearsal.scenario.cdk import CdkCli
from rehearsal.scenario.chapters import CHAPTERS, Chapter
from rehearsal.scenario.expectations import Expectations
from rehearsal.scenario.flight_requests import FlightRequests
from rehearsal.scenario.people import People
from rehearsal.scenario.project import Project
from rehearsal.scenario.scenario_context import ScenarioContext
from rehearsal.scenario.terminal import TerminalOutput

EXAMPLE = ROOT / "examples" / "flights" / "driftloop.yaml"
AUTHORIZATIONS_FILE = "authorizations.jsonl"
"""Every authorization request once, one JSON object a line."""

START = datetime(2027, 1, 4, 5, 30, tzinfo=UTC)
"""A Monday morning in the future, so that every stored time is in the past."""


@dataclass
class PlayedChapter:
    """A chapter that was played: simulated start and end, and seconds of real time."""

    chapter: Chapter
    start: str
    end: str
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the chapter as the page takes it."""
        return {
            "id": self.chapter.id,
            "title": self.chapter.title,
            "text": self.chapter.text,
            "start": self.start,
            "end": self.end,
            "seconds": self.seconds,
        }


def run_scenario(folder: Path, *, last: str) -> None:
    """Play the chapters up to the one with the id ``last``.

    Timeline and page are written to ``folder`` also after a failure. Raises ExpectationError.
    """
    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    terminal = TerminalOutput()
    played: list[PlayedChapter] = []
    try:
        terminal.show_progress("preparing the flights")
        prepare()
        terminal.show_progress("starting the emulator of AWS")
        with start_emulator(folder=folder / "aws", start=START) as emulator:
            context = _create_context(emulator, folder, terminal)
            try:
                for chapter in CHAPTERS:
                    if chapter.id <= last:
                        _play_chapter(context, chapter, played)
            finally:
                _write_results(context, played, time.monotonic() - started)
    finally:
        terminal.close()


def _create_context(
    emulator: EmulatorClient, folder: Path, terminal: TerminalOutput
) -> ScenarioContext:
    project = Project(EXAMPLE, folder / "project")
    config = load_config(project.path.read_text())
    [(model, settings)] = config.models.items()
    names = ResourceNames(config.environment)
    people = People(emulator, names, model)
    return ScenarioContext(
        emulator=emulator,
        account=Account(emulator, people, names, model),
        people=people,
        cdk=CdkCli(emulator, people, folder, project.path),
        project=project,
        terminal=terminal,
        expectations=Expectations(),
        folder=folder,
        model=model,
        settings=settings,
        flights=FlightRequests(),
    )


def _play_chapter(context: ScenarioContext, chapter: Chapter, played: list[PlayedChapter]) -> None:
    context.terminal.show_chapter(chapter.id, chapter.title, chapter.text)
    context.expectations.chapter = chapter.id
    started, start = time.monotonic(), context.emulator.now().isoformat()
    try:
        chapter.play(context)
        _expect_no_denial(context)
    finally:
        context.read_events()
        seconds = time.monotonic() - started
        end = context.emulator.now().isoformat()
        played.append(PlayedChapter(chapter, start, end, seconds))
    context.terminal.print_line(f"  {seconds:.0f} s of real time", style="dim")


def _expect_no_denial(context: ScenarioContext) -> None:
    """Expect that IAM denied nothing but what was played on purpose."""
    counts = context.emulator.authorizations()
    denials = [
        f"{each['principal']} may not {each['action']} on {each['resource']}"
        for each in counts["unexpected"]
    ]
    context.expect("IAM denies no call that is not denied on purpose", not denials, denials)


def _write_results(context: ScenarioContext, played: list[PlayedChapter], seconds: float) -> None:
    folder = context.folder
    timeline = [entry.to_dict() for entry in context.timeline]
    (folder / "timeline.json").write_text(json.dumps(timeline, indent=1) + "\n")
    requests = [json.dumps(request) for request in context.emulator.authorization_requests()]
    (folder / AUTHORIZATIONS_FILE).write_text("".join(f"{line}\n" for line in requests))
    page = render(
        timeline,
        {
            "model": context.model,
            "wall_seconds": seconds,
            "chapters": [chapter.to_dict() for chapter in played],
            "windows": page_data.collect_windows(context),
            "evaluations": page_data.collect_evaluations(context),
            "checks": page_data.collect_checks(context),
            "authorizations": context.emulator.authorizations(),
        },
    )
    (folder / "index.html").write_text(page)
    checks = context.expectations.checks
    met = sum(check.is_met for check in checks)
    context.terminal.print_line(f"\n{met} of {len(checks)} expectations are met.")
    counts = context.emulator.authorizations()
    context.terminal.print_line(
        f"IAM is enforced: {counts['authorized']:,} calls authorized, "
        f"{counts['denied_unexpected']} denied unexpectedly, "
        f"{counts['denied_expected']} denied on purpose."
    )
    context.terminal.print_line(f"Requests  {folder / AUTHORIZATIONS_FILE}")
    context.terminal.print_line(f"Timeline  {folder / 'timeline.json'}")
    context.terminal.print_line(f"Page      {folder / 'index.html'}")
