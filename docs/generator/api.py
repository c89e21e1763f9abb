"""docs/api.md, from the docstrings of what ``driftloop`` exports."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any

import driftloop
from docs.generator.markdown import head, table

SECTIONS = ("Args", "Attributes", "Returns", "Raises", "Example")
"""Sections of a Google-style docstring, in the order in which the page shows them."""

COLUMNS = {"Args": "argument", "Attributes": "attribute", "Raises": "error"}
"""Heading of a section's table."""

_INTRO = """\
```python
import driftloop as dl
```

Everything that `driftloop` exports, with examples that the tests run. What is not on this page may
change without notice. Data frames are those of pandas, polars, pyarrow and other libraries that
narwhals supports. The [tutorial](tutorial.md) shows how the functions work together, the
[glossary](glossary.md) defines the terms, [reading a report](report.md) explains a report's page.
"""


@dataclass(slots=True)
class Docstring:
    """A docstring by sections: ``items`` are pairs of a name and its meaning."""

    text: str
    items: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    example: str = ""

    @property
    def sections(self) -> set[str]:
        """Names of the sections that it has."""
        return {*self.items, *(["Example"] if self.example else [])}


def page() -> str:
    """The page's text."""
    text = head("Python API", "the docstrings of driftloop", _INTRO)
    names = sorted(driftloop.__all__, key=lambda name: (name[0].isupper(), name.lower()))
    for name in names:
        text += "\n" + _entry(f"dl.{name}", getattr(driftloop, name), 2)
        for method_name, method in public_methods(getattr(driftloop, name)):
            text += "\n" + _entry(f"{name}.{method_name}", method, 3)
    return text.rstrip("\n") + "\n"


def public_methods(item: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The public methods that a class of ``driftloop.api`` defines itself, with their names."""
    if inspect.isclass(item) and item.__module__.startswith("driftloop.api"):
        for name in vars(item):
            method = getattr(item, name)
            if not name.startswith("_") and (inspect.isroutine(method) or inspect.ismethod(method)):
                yield name, method


def parse_docstring(item: Any) -> Docstring:
    """The sections of a Google-style docstring."""
    doc = inspect.getdoc(item) or ""
    parts = re.split(rf"^({'|'.join(SECTIONS)}):\n", doc, flags=re.MULTILINE)
    parsed = Docstring(parts[0].strip())
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        lines = dedent(body).strip()
        if title == "Example":
            parsed.example = lines
        elif title == "Returns":
            parsed.items[title] = [("", " ".join(lines.split()))]
        else:
            entries = re.split(r"\n(?=\S)", lines)
            pairs = (entry.partition(":") for entry in entries)
            parsed.items[title] = [(name, " ".join(text.split())) for name, _, text in pairs]
    return parsed


def _entry(title: str, item: Any, level: int) -> str:
    doc = parse_docstring(item)
    text = f"{'#' * level} {title}\n\n"
    if inspect.isroutine(item):
        text += f"```python\n{_signature(title, item)}\n```\n\n"
    text += f"{_prose(doc.text)}\n"
    for section in SECTIONS:
        if section == "Returns":
            text += "".join(
                f"\nReturns: {_prose(item[1])}\n" for item in doc.items.get(section, [])
            )
        elif section in doc.items:
            rows = [[f"`{name}`", _prose(meaning)] for name, meaning in doc.items[section]]
            text += "\n" + table([COLUMNS[section], "meaning"], rows)
    if doc.example:
        example = re.sub(r"  # doctest: \+\w+", "", doc.example)
        text += f"\n```pycon\n{example}\n```\n"
    return text


def _signature(title: str, item: Callable[..., Any]) -> str:
    """The call with its defaults; the tables describe the types."""
    parts: list[str] = []
    for parameter in inspect.signature(item).parameters.values():
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        default = parameter.default
        given = "" if default is parameter.empty else f"={default!r}"
        parts.append(f"{parameter.name}{given}")
    line = f"{title}({', '.join(parts)})"
    joined = ",\n    ".join(parts)
    return line if len(line) <= 90 else f"{title}(\n    {joined},\n)"


def _prose(text: str) -> str:
    """Markdown of reStructuredText's literals and references."""
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text)
    return text.replace("``", "`")
