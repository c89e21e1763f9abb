"""Pieces of Markdown."""

from collections.abc import Sequence

MADE_BY = "<!-- Made by `python -m docs.generator` from {source}: change that, not this file. -->\n"


def head(title: str, source: str, text: str) -> str:
    """A page's beginning: title, where it is made from, what it is."""
    return f"# {title}\n\n{MADE_BY.format(source=source)}\n{text.strip()}\n"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; bars in cells are escaped, line breaks become blanks."""
    lines = [_line(columns), _line(["---"] * len(columns)), *(_line(row) for row in rows)]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"
