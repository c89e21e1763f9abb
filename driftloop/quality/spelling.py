"""Finds categories that differ from a known one only by blanks, case or Unicode form.

A person reads the same word, and an encoder that compares texts sees a category that it does not
know. No population causes that: it comes from a client, an export or a keyboard that writes the
same word otherwise. Texts are compared in the Unicode form NFKC (Unicode Standard Annex 15), with
their case folded (Unicode Standard, section 3.13), and with single blanks between words.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from driftloop.profile.categorical import CategoricalBinning, CategoricalCounts
from driftloop.untrusted_text import quoted_value


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _single_blanks(text: str) -> str:
    return " ".join(text.split())


_STEPS: Mapping[str, Callable[[str], str]] = {
    "Unicode form": _nfkc,
    "blanks": _single_blanks,
    "case": str.casefold,
}
"""What may differ, and what makes it equal."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """``category`` of the window is ``known`` of the reference, spelled otherwise.

    ``differences`` are among ``blanks``, ``case`` and ``Unicode form``; ``count`` is its values.
    """

    category: str
    known: str
    differences: tuple[str, ...]
    count: int

    def __str__(self) -> str:
        differences = " and ".join(self.differences)
        return f"{quoted_value(self.known)} is now {quoted_value(self.category)} ({differences})"


def find_spellings(
    binning: CategoricalBinning, reference: CategoricalCounts, current: CategoricalCounts
) -> tuple[Spelling, ...]:
    """New categories that are a known one spelled otherwise, the most frequent first.

    Where the reference has too many categories to keep each, none can be recognized as new.

    Args:
        binning: The reference's categories.
        reference: Counts of the reference.
        current: Counts of the window.
    """
    new = {name: n for name, n in current.new.items() if name not in reference.new}
    if not binning.is_exhaustive or not new:
        return ()
    return match_spellings(binning.categories, new)


def match_spellings(categories: Iterable[str], new: Mapping[str, int]) -> tuple[Spelling, ...]:
    """New categories that are a known one spelled otherwise, the most frequent first.

    Args:
        categories: The known ones, the most frequent first.
        new: The new ones with their counts.
    """
    known: dict[str, str] = {}
    for category in categories:
        known.setdefault(_folded(category), category)
    found = [
        Spelling(name, same, _differences(name, same), count)
        for name, count in new.items()
        if (same := known.get(_folded(name))) is not None
    ]
    return tuple(sorted(found, key=lambda one: (-one.count, one.category)))


def _folded(text: str, without: str = "") -> str:
    for name, step in _STEPS.items():
        text = text if name == without else step(text)
    # folding the case of a composed letter may leave it decomposed
    return text if without == "Unicode form" else _nfkc(text)


def _differences(first: str, second: str) -> tuple[str, ...]:
    """The steps without which both texts differ."""
    return tuple(name for name in _STEPS if _folded(first, name) != _folded(second, name))
