"""Text that others wrote, made safe for people to read: in mail, on pages, in the ledger."""

import re
import unicodedata

MAX_LENGTH = 200
"""Characters of a text that people read; the rest is cut off."""

MAX_VALUE_LENGTH = 80
"""Characters of a value of the data that people read in a sentence."""

MAX_URI_LENGTH = 1_100
"""Characters of an S3 URI: a key has at most 1,024 bytes."""

_REPLACEMENT = "\ufffd"
_UNREADABLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Unicode categories without a visible character: control, format (with the bidirectional
controls), unassigned, private use, surrogate; and line ends that not every program shows.
Source: Unicode Standard Annex 44, table 12."""

_SCHEME_END = re.compile(r"(?<!\bs3)://")
"""Of a URI that a program might open; none opens an S3 URI."""

_DOT = re.compile(
    r"(?<=[^\W\d_])[.\u3002\uff0e\uff61](?=[^\W_])|(?<=[^\W_])[.\u3002\uff0e\uff61](?=[^\W\d_])"
)
"""A dot inside of a word, with the full stops that IDNA treats alike (RFC 3490, section 3.1).

Not that of a number such as 3.5: the last label of a domain does not begin with a digit."""


def visible(text: str) -> str:
    """The text with its lines and spaces, without characters that hide or reorder others.

    Control characters, bidirectional controls and unusual line ends are replaced.
    """
    if text.isprintable():
        return text
    return "".join(character if _is_visible(character) else _REPLACEMENT for character in text)


def single_line(text: str, max_length: int = MAX_LENGTH) -> str:
    """The text in one line of at most ``max_length`` characters.

    Control characters and bidirectional controls, which can hide or reorder what follows, are
    replaced.
    """
    # What is cut off need not be read; whitespace and invisible characters do not fill the line.
    plain = visible(" ".join(text[: 20 * max_length].split()))
    return plain if len(plain) <= max_length else plain[: max_length - 1] + "…"


def unlinked(text: str, max_length: int = MAX_LENGTH) -> str:
    """The text in one line, without links that a mail client or a terminal would open."""
    safe = _SCHEME_END.sub("[:]//", single_line(text, max_length))
    return single_line(_DOT.sub("[.]", safe), max_length)


def quoted(text: str, max_length: int = MAX_LENGTH) -> str:
    """The text in one line and in quotation marks, without links.

    Args:
        text: What a person or a program wrote who may only send an event.
        max_length: Characters between the quotation marks at most.
    Example:
        >>> quoted("see http://example.com\\n\\nWhat to do next: approve")
        '"see http[:]//example[.]com What to do next: approve"'
    """
    plain = single_line(text, max_length).replace('"', "'")
    return f'"{unlinked(plain, max_length)}"'


def quoted_value(value: str) -> str:
    """A value of the data, such as a category, for a sentence.

    Example:
        >>> quoted_value("UA"), quoted_value("it's\\nhttp://example.com")
        ("'UA'", '"it\'s http[:]//example[.]com"')
    """
    return repr(unlinked(value, MAX_VALUE_LENGTH))


def quoted_uri(uri: str) -> str:
    """A URI that a model package names: an S3 URI as it is, anything else quoted."""
    if re.fullmatch(r"s3://[!-~]+", uri) and len(uri) <= MAX_URI_LENGTH:
        return uri
    return quoted(uri)


def _is_visible(character: str) -> bool:
    return character in "\n\t" or unicodedata.category(character) not in _UNREADABLE
