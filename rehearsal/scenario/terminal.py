"""The timeline on the terminal as it happens; plain lines where it is no terminal."""

import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from rehearsal.scenario.timeline import TimelineEntry

GOOD = {"stable", "OK", "start", "Succeeded", "promoted", "PendingManualApproval"}
BAD = {"ALARM", "invalid_data", "Failed", "rolled_back"}
NOTABLE = {"drifted", "refuse", "insufficient_data"}


class TerminalOutput:
    """Writes to standard output."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=not sys.stdout.isatty())
        self._status = self._console.status("") if self._console.is_terminal else None
        if self._status:
            self._status.start()

    def chapter(self, letter: str, title: str) -> None:
        """A new chapter begins."""
        self._console.print()
        self._console.print(Text(f"({letter}) {title}", style="bold"))

    def entry(self, entry: TimelineEntry) -> None:
        """One line of the timeline."""
        word, words = _words(entry.event, entry.detail)
        line = Text(f"  {entry.time[:10]} {entry.time[11:16]}  ", style="dim")
        line.append(f"{entry.actor:<11}", style="cyan")
        line.append(f"{entry.event:<20}")
        line.append(f"{word:<22}", style=_style(word))
        line.append(words, style="dim")
        self._console.print(line)

    def note(self, words: str) -> None:
        """Something that is under way."""
        if self._status:
            self._status.update(words)
        else:
            self._console.print(f"  … {words}")

    def check(self, claim: str) -> None:
        """A claim that held."""
        self._console.print(Text("  ✓ ", style="green").append(claim, style="dim"))

    def say(self, words: str, *, style: str = "") -> None:
        """A sentence of its own."""
        self._console.print(Text(words, style=style))

    def close(self) -> None:
        """Nothing more is under way."""
        if self._status:
            self._status.stop()


def _style(word: str) -> str:
    if word in GOOD:
        return "green"
    if word in BAD:
        return "bold red"
    return "yellow" if word in NOTABLE else ""


def _words(event: str, detail: Mapping[str, Any]) -> tuple[str, str]:
    """The one word that matters, and what belongs to it."""
    match event:
        case "analysis.completed":
            window = detail["window"]["start"]
            drifted = ", ".join(detail["drifted_features"][:4])
            return detail["verdict"], f"v{detail['version']} window {window[11:16]} {drifted}"
        case "alarm.changed":
            return detail["state"], detail["alarm"]
        case "gate.decided":
            return detail["decision"], detail["reason"]
        case "pipeline.finished":
            return detail["status"], detail["execution"]
        case "model.registered":
            return detail["approval"], f"version {detail['version']}"
        case "release.finished":
            return detail["outcome"], f"version {detail['version']}: {detail.get('reason', '')}"
        case "redeployed":
            return detail["outcome"], f"{detail['what']}; champion is version {detail['champion']}"
    if "version" in detail:
        return f"version {detail['version']}", ""
    return "", ", ".join(f"{key} {value}" for key, value in detail.items())
