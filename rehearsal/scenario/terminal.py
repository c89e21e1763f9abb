"""The terminal output: chapters, the timeline as it happens, and what was expected and seen."""

import sys
from textwrap import fill

from rich.console import Console
from rich.text import Text

from rehearsal.page.event_text import to_page_entry
from rehearsal.scenario.expectations import Check
from rehearsal.scenario.timeline import TimelineEntry

MAX_LINE_LENGTH = 79
"""Characters of a line of a chapter's text, as many as the narrowest usual terminal shows."""

STYLES = {"good": "green", "bad": "bold red", "warn": "yellow", "invalid": "magenta"}
"""Styles of sentences by the tone of their event."""


class TerminalOutput:
    """Writes to standard output; plain lines if that is not a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=not sys.stdout.isatty())
        self._status = self._console.status("") if self._console.is_terminal else None
        if self._status:
            self._status.start()

    def show_chapter(self, chapter_id: str, title: str, text: str) -> None:
        """Show the title of a chapter and what happens in it."""
        self._console.print()
        self._console.print(Text(f"({chapter_id}) {title}", style="bold"))
        indent = "  "
        self._console.print(
            fill(text, MAX_LINE_LENGTH, initial_indent=indent, subsequent_indent=indent),
            markup=False,
        )

    def show_entry(self, entry: TimelineEntry) -> None:
        """Show one line of the timeline."""
        described = to_page_entry(entry.to_dict())
        line = Text(f"  {entry.time[:10]} {entry.time[11:16]}  ", style="dim")
        line.append(f"{entry.actor:<11}", style="cyan")
        line.append(described.text, style=STYLES.get(described.tone, ""))
        if described.notes:
            line.append(f" {described.notes[0]}", style="dim")
        self._console.print(line)

    def show_progress(self, text: str) -> None:
        """Show what is happening now."""
        if self._status:
            self._status.update(text)
        else:
            self._console.print(f"  … {text}")

    def show_check(self, check: Check) -> None:
        """Show what was expected and seen."""
        line = Text("  ✓ " if check.is_met else "  ✗ ", style="green" if check.is_met else "red")
        line.append(f"Expected: {check.expected}. ")
        line.append(f"Seen: {check.seen}.", style="dim")
        self._console.print(line)

    def print_line(self, text: str, *, style: str = "") -> None:
        """Print one line."""
        self._console.print(Text(text, style=style))

    def close(self) -> None:
        """End the display of progress."""
        if self._status:
            self._status.stop()
