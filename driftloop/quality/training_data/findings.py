"""What checks find in training data: where, what, and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass

from driftloop.errors import InputError


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of training data, or what its owner must know.

    Attributes:
        setting: The setting of driftloop.yaml that it is about, such as ``features.age``.
        message: What is found, and what to do; it names the column.
        is_error: Whether no model can be trained, or no baseline made, as it is meant.
    """

    setting: str
    message: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that were looked at, and whether the data has no others."""

    count: int
    is_complete: bool = True

    def __str__(self) -> str:
        first = "" if self.is_complete else "first "
        return f"the {first}{self.count:,} row{'' if self.count == 1 else 's'}"


def require_no_errors(findings: Iterable[Finding]) -> list[str]:
    """The messages of findings that are no errors.

    Raises:
        InputError: There are errors; the message has each of them.
    """
    findings = list(findings)
    errors = [one.message for one in findings if one.is_error]
    if errors:
        raise InputError("; ".join(errors))
    return [one.message for one in findings]
