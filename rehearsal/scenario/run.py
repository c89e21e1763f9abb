"""Plays all chapters, and leaves the timeline and the page behind."""

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
from rehearsal.emulator_client import ROOT, EmulatorClient, embedded
from rehearsal.page import render
from rehearsal.scenario import page_data
from rehearsal.scenario.account import Account
from rehearsal.scenario.cdk import Cdk
from rehearsal.scenario.chapters import CHAPTERS, Chapter
from rehearsal.scenario.expectations import Expectations
from rehearsal.scenario.flight_requests import Flights
from rehearsal.scenario.project import Project
from rehearsal.scenario.scenario_context import ScenarioContext
from rehearsal.scenario.terminal import TerminalOutput

EXAMPLE = ROOT / "examples" / "flights" / "driftloop.yaml"
START = datetime(2027, 1, 4, 5, 30, tzinfo=UTC)
"""A Monday morning after today: nothing that is stored has a time of its own that lies ahead."""


@dataclass
class PlayedChapter:
    """A chapter as it was played: simulated start and end, and wall seconds."""

    chapter: Chapter
    start: str
    end: str
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """As the page takes it."""
        return {
            "id": self.chapter.letter,
            "title": self.chapter.title,
            "text": self.chapter.text,
            "start": self.start,
            "end": self.end,
            "seconds": self.seconds,
        }


def play(folder: Path, *, last: str = "j") -> ScenarioContext:
    """Play the chapters up to ``last``; writes into ``folder`` whatever happens.

    Raises ExpectationError where a chapter does not show what it must.
    """
    began = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    screen = TerminalOutput()
    told: list[PlayedChapter] = []
    try:
        screen.note("preparing the flights")
        prepare()
        screen.note("starting the embedded AWS")
        with embedded(folder=folder / "aws", start=START) as world:
            stage = _stage(world, folder, screen)
            try:
                for chapter in CHAPTERS:
                    if chapter.letter <= last:
                        _play(stage, chapter, told)
            finally:
                _write(stage, told, folder, time.monotonic() - began)
    finally:
        screen.close()
    return stage


def _stage(world: EmulatorClient, folder: Path, screen: TerminalOutput) -> ScenarioContext:
    project = Project(EXAMPLE, folder / "project")
    config = load_config(project.path.read_text())
    [(model, settings)] = config.models.items()
    account = Account(world, ResourceNames(config.environment), model)
    return ScenarioContext(
        world=world,
        account=account,
        cdk=Cdk(world, folder, project.path),
        project=project,
        screen=screen,
        expectations=Expectations(),
        folder=folder,
        model=model,
        settings=settings,
        flights=Flights(),
    )


def _play(stage: ScenarioContext, chapter: Chapter, told: list[PlayedChapter]) -> None:
    stage.screen.chapter(chapter.letter, chapter.title)
    stage.expectations.chapter = chapter.letter
    began, start = time.monotonic(), stage.world.now().isoformat()
    try:
        chapter.play(stage)
    finally:
        stage.look()
        seconds = time.monotonic() - began
        told.append(PlayedChapter(chapter, start, stage.world.now().isoformat(), seconds))
    stage.screen.say(f"  {seconds:.0f} s", style="dim")


def _write(stage: ScenarioContext, told: list[PlayedChapter], folder: Path, seconds: float) -> None:
    timeline = [entry.as_dict() for entry in stage.timeline]
    (folder / "timeline.json").write_text(json.dumps(timeline, indent=1) + "\n")
    page = render(
        timeline,
        {
            "model": stage.model,
            "wall_seconds": seconds,
            "chapters": [chapter.as_dict() for chapter in told],
            "windows": page_data.windows(stage, folder),
            "evaluations": page_data.evaluations(stage),
            "checks": page_data.checks(stage),
        },
    )
    (folder / "index.html").write_text(page)
    stage.screen.say(f"\ntimeline  {folder / 'timeline.json'}\npage      {folder / 'index.html'}")
