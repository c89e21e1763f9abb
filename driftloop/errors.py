"""The exceptions that driftloop raises on purpose.

    DriftloopError
    ├── ConfigError        driftloop.yaml is wrong; carries every problem at once
    ├── InputError         a file, a record or an argument is wrong
    │   └── FormatError    stored bytes are not what their kind or version says
    └── IncompleteError    work that should be there by now is not (a batch that did not answer)

Every message says what is wrong, where, and what to do about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class DriftloopError(Exception):
    """Base of all errors that a caller of driftloop may want to catch."""


class InputError(DriftloopError):
    """Something that was handed in can't be used as it is."""


class FormatError(InputError):
    """Stored bytes don't have the format, or the version, that is expected."""


class IncompleteError(DriftloopError):
    """A part of the work is missing; the same call may succeed when it has been done."""


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing that is wrong in a file: where it stands, what stands there, what is allowed."""

    path: str
    value: str
    allowed: str

    def __str__(self) -> str:
        found = f" (found {self.value})" if self.value else ""
        return f"{self.path}: {self.allowed}{found}"


class ConfigError(DriftloopError):
    """driftloop.yaml is wrong; ``problems`` lists every error of the file."""

    def __init__(self, source: str, problems: Sequence[ConfigProblem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{source}: {count} problem{'s' if count != 1 else ''}"
        super().__init__("\n".join([head, *(f"  - {problem}" for problem in self.problems)]))
