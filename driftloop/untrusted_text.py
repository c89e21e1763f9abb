"""Text that others wrote, made safe for people to read: in mail, on pages, in the ledger."""

import re
import unicodedata

MAX_LENGTH = 200
"""Characters of a text that people read; the rest is cut off."""

_REPLACEMENT = "\ufffd"
_UNREADABLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
"""Unicode categories without a visible character: control, format (with the bidirectional
controls), unassigned, private use, surrogate. Source: Unicode Standard Annex 44, table 12."""

_DOT = re.compile(r"(?<=[^\W_])[.\u3002\uff0e\uff61](?=[^\W_])")
"""A dot inside of a word, with the full stops that IDNA treats alike (RFC 3490, section 3.1)."""


def single_line(text: str, max_length: int = MAX_LENGTH) -> str:
    """The text in one line of at most ``max_length`` characters.

    Control characters and bidirectional controls, which can hide or reorder what follows, are
    replaced.
    """
    # What is cut off need not be read; whitespace and invisible characters do not fill the line.
    plain = " ".join(_visible(text[: 20 * max_length]).split())
    return plain if len(plain) <= max_length else plain[: max_length - 1] + "…"


def quoted(text: str, max_length: int = MAX_LENGTH) -> str:
    """The text in one line and in quotation marks, without links that a mail client would open.

    Args:
        text: What a person or a program wrote who may only send an event.
        max_length: Characters between the quotation marks at most.
    Example:
        >>> quoted("see http://example.com\\n\\nWhat to do next: approve")
        '"see http[:]//example[.]com What to do next: approve"'
    """
    safe = single_line(text, max_length).replace('"', "'").replace("://", "[:]//")
    return f'"{single_line(_DOT.sub("[.]", safe), max_length)}"'


def _visible(text: str) -> str:
    return "".join(
        character
        if character.isspace() or unicodedata.category(character) not in _UNREADABLE
        else _REPLACEMENT
        for character in text
    )
