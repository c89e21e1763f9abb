"""Names of columns: when two of them are the same, and which one is probably meant.

The same characters can be encoded in two ways: composed (NFC), as browsers and databases write
them, and decomposed (NFD), as macOS writes names of files. Both look alike and are canonically
equivalent (Unicode Standard Annex 15). A table's column is found under either form. In requests the
forms are different names, as they are to the model that gets them.
"""

import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches


def composed(name: str) -> str:
    """The name in the Unicode form NFC."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def equivalent_names(names: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of names that differ in nothing but their Unicode form, or not at all."""
    first: dict[str, str] = {}
    pairs = []
    for name in names:
        key = composed(name)
        if key in first:
            pairs.append((first[key], name))
        first.setdefault(key, name)
    return pairs


def describe_spelling(name: str, existing: Collection[str]) -> str:
    """How a name differs from an existing one that is the same word; empty if none is.

    Example:
        >>> describe_spelling("Age", ["age", "city"])
        "'age' differs in upper and lower case"
    """
    for difference, step in _STEPS.items():
        found = next((other for other in existing if step(other) == step(name)), None)
        if found is not None:
            return f"{found!r} differs in {difference}"
    return ""


def describe_similar(name: str, existing: Collection[str]) -> str:
    """A sentence on the existing name that is probably meant; empty if none is similar.

    Example:
        >>> describe_similar("aeg", ["age", "city"])
        "did you mean 'age'?"
    """
    spelling = describe_spelling(name, existing)
    if spelling:
        return spelling
    near = get_close_matches(name, existing, n=1)
    return f"did you mean {near[0]!r}?" if near else ""


def _single_blanks(name: str) -> str:
    return " ".join(composed(name).split())


def _folded(name: str) -> str:
    return _single_blanks(name).casefold()


_STEPS: Mapping[str, Callable[[str], str]] = {
    "the Unicode form of its characters": composed,
    "blanks": _single_blanks,
    "upper and lower case": _folded,
}
"""What may differ, and what makes it equal."""
