"""What the chapters expect, and what was seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby


class ExpectationError(AssertionError):
    """An expectation of a chapter is not met."""


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation of a chapter, what was seen, and whether the expectation is met."""

    chapter: str
    expected: str
    seen: str
    is_met: bool


class Expectations:
    """The checks of the whole scenario."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.chapter = ""

    def expect(self, expected: str, is_met: object, seen: object) -> Check:
        """Record a check; raises ExpectationError if the expectation is not met.

        Args:
            expected: What is expected, as a sentence without a full stop.
            is_met: Whether ``seen`` is what is expected.
            seen: What was seen: text, a number, or a collection of them.
        """
        check = Check(self.chapter, expected, describe_seen(seen), bool(is_met))
        self.checks.append(check)
        if not check.is_met:
            raise ExpectationError(
                f"Chapter {check.chapter} failed.\n    Expected: {expected}\n    Seen: {check.seen}"
            )
        return check


def describe_seen(seen: object) -> str:
    """Return text for what was seen; ``none`` for nothing, ``a (3 times)`` for repeated items."""
    if isinstance(seen, str) or not isinstance(seen, Iterable):
        return "none" if seen is None or seen == "" else str(seen)
    runs = [(item, len(list(repeated))) for item, repeated in groupby(str(item) for item in seen)]
    texts = [item if count == 1 else f"{item} ({count} times)" for item, count in runs]
    return ", ".join(texts) or "none"
