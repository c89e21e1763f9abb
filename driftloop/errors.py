"""The exceptions that driftloop raises on purpose.

    DriftloopError
    ├── ConfigError        driftloop.yaml is invalid; lists every problem at once
    ├── InputError         a file, a data frame or an argument can't be used
    │   ├── FormatError    stored bytes have another format or version than expected
    │   └── UnreachableError  a file on S3 can't be read now, so nothing is known of it
    ├── IncompleteError    results are missing that should exist by now
    ├── LostObjectError    a captured object is gone or can't be read (driftloop.capture)
    ├── RejectedLineError  a captured line or a model's output is unreadable (driftloop.capture)
    └── SkippedLineError   a valid captured line is not counted in the window (driftloop.capture)

The last three are raised while captures are read; ``read_capture`` counts them and raises none.
Every other message says what is wrong, where, and what to do about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class DriftloopError(Exception):
    """Base of all errors that driftloop raises on purpose: catch it to catch them all.

    Example:
        >>> import driftloop as dl
        >>> try:
        ...     dl.Baseline.load("missing.baseline")
        ... except dl.DriftloopError as error:
        ...     print(error)
        missing.baseline: there is no such file
    """


class InputError(DriftloopError):
    """A file, a data frame or an argument can't be used; the message says why, and what to do.

    Example:
        >>> import driftloop as dl
        >>> reference, current = dl.load_example()
        >>> try:
        ...     dl.compare(reference, current.drop(columns="temp"))
        ... except dl.InputError as error:
        ...     print(str(error).partition(".")[0])
        reference and current have different columns: only reference has temp
    """


class FormatError(InputError):
    """Stored bytes have another format, or another format version, than expected.

    Example:
        >>> import driftloop as dl
        >>> try:
        ...     dl.Baseline.load(dl.write_example("rentals")[0])
        ... except dl.FormatError as error:
        ...     print(str(error).partition(":")[0])
        rentals/training.csv
    """


class UnreachableError(InputError):
    """A file on S3 can't be read: no credentials, no permission or no network.

    Nothing is known of the file itself.
    """


class IncompleteError(DriftloopError):
    """Results are missing that should exist by now; the same call may succeed later."""


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One invalid setting: its path, its value, and what is allowed."""

    path: str
    value: str
    allowed: str

    def __str__(self) -> str:
        found = f" (found {self.value})" if self.value else ""
        return f"{self.path}: {self.allowed}{found}"


class ConfigError(DriftloopError):
    """driftloop.yaml is invalid; ``problems`` lists every error of the file."""

    def __init__(self, source: str, problems: Sequence[ConfigProblem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{source}: {count} problem{'s' if count != 1 else ''}"
        super().__init__("\n".join([head, *(f"  - {problem}" for problem in self.problems)]))
