"""What a chapter must show: every claim is checked, kept, and told loudly where it fails."""

from dataclasses import dataclass


class ExpectationError(AssertionError):
    """A chapter did not show what it must."""


@dataclass(frozen=True, slots=True)
class Check:
    """One claim, and whether it held."""

    chapter: str
    claim: str
    ok: bool


class Expectations:
    """The claims of the whole scenario."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.chapter = ""

    def expect(self, claim: str, ok: object, seen: object) -> None:
        """``claim`` must hold; ``seen`` says what was there. Raises ExpectationError."""
        self.checks.append(Check(self.chapter, claim, bool(ok)))
        if not ok:
            raise ExpectationError(f"({self.chapter}) expected: {claim}\n    seen: {seen}")
