"""Counts of what became of every captured line; they add up as profiles do."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum

MOST_NAMES = 32
"""Unexpected column names that are kept: the first by name, so that adding stays associative."""


class Filtered(StrEnum):
    """Why a line that is in order is no record of this window."""

    BLANK = "blank"
    OUTSIDE_WINDOW = "outside_window"
    DUPLICATE = "duplicate"
    MODEL_ERROR = "model_error"
    NO_INPUT = "no_input"
    REPEATED_ENTITY = "repeated_entity"


class Reason(StrEnum):
    """Why a line was rejected. ``MEANINGS`` says each in words."""

    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    TRUNCATED = "truncated"
    TOO_LONG = "too_long"
    CORRUPT_GZIP = "corrupt_gzip"
    NOT_CAPTURE = "not_capture"
    EVENT_VERSION = "event_version"
    NO_TIME = "no_time"
    BASE64 = "base64"
    ENCODING = "encoding"
    PAYLOAD = "payload"
    NO_ROWS = "no_rows"
    COLUMN_COUNT = "column_count"
    NO_FEATURES = "no_features"
    ROW_COUNT = "row_count"
    PREDICTION = "prediction"


FILTERED_MEANINGS: Mapping[Filtered, str] = {
    Filtered.BLANK: "The line is empty.",
    Filtered.OUTSIDE_WINDOW: "The record's inferenceTime is not in the window.",
    Filtered.DUPLICATE: "The object holds an earlier line with the same eventId.",
    Filtered.MODEL_ERROR: "The model answered with an error; errors have their own alarm.",
    Filtered.NO_INPUT: "Only the answer was captured: there are no features to look at.",
    Filtered.REPEATED_ENTITY: "The entity has an earlier record in the window: one each counts.",
}

MEANINGS: Mapping[Reason, str] = {
    Reason.NOT_UTF8: "The line's bytes are not UTF-8 text.",
    Reason.NOT_JSON: "The line is not JSON.",
    Reason.TRUNCATED: "The object's last line ends in the middle of a JSON value.",
    Reason.TOO_LONG: "The line is longer than any record of data capture can be.",
    Reason.CORRUPT_GZIP: "The object's gzip stream is damaged or ends too early.",
    Reason.NOT_CAPTURE: "The line is JSON but not a record of data capture.",
    Reason.EVENT_VERSION: "The record's eventVersion is not 0, the one version that is known.",
    Reason.NO_TIME: "The record has no inferenceTime, or one that is no time.",
    Reason.BASE64: "The payload says it is BASE64 and is not.",
    Reason.ENCODING: "The payload's encoding is none of CSV, JSON and BASE64.",
    Reason.PAYLOAD: "The payload can't be read as what its encoding and content type say.",
    Reason.NO_ROWS: "The payload has no row.",
    Reason.COLUMN_COUNT: "A row has more or fewer columns than the model has features.",
    Reason.NO_FEATURES: "None of the payload's names is a feature of the model.",
    Reason.ROW_COUNT: "There are not as many predictions as rows.",
    Reason.PREDICTION: "The answer holds several values and none that is known as the prediction.",
}


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that can't be used: where it stood, why, its bytes (the first of a very long one)."""

    object: str
    line: int
    reason: Reason
    raw: bytes
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many lines became what: ``read == used + sum(filtered) + sum(rejected)``.

    ``rows`` counts records, of which a line (one request) may hold several. ``missing_outputs``
    counts used lines without an answer. ``missing_columns`` and ``extra_columns`` count rows of
    payloads with names in which a feature was absent, or a name was none of the features.
    ``rows_left_out`` counts rows whose entity has an earlier one in the window; a line of which
    no row is left is filtered. These columns and outputs are counted before that.
    """

    read: int = 0
    used: int = 0
    rows: int = 0
    missing_outputs: int = 0
    rows_left_out: int = 0
    filtered: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    missing_columns: Mapping[str, int] = field(default_factory=dict)
    extra_columns: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            read=self.read + other.read,
            used=self.used + other.used,
            rows=self.rows + other.rows,
            missing_outputs=self.missing_outputs + other.missing_outputs,
            rows_left_out=self.rows_left_out + other.rows_left_out,
            filtered=_sum(self.filtered, other.filtered),
            rejected=_sum(self.rejected, other.rejected),
            missing_columns=_sum(self.missing_columns, other.missing_columns),
            extra_columns=first_names(_sum(self.extra_columns, other.extra_columns)),
        )

    @property
    def rows_read(self) -> int:
        """Rows of the lines that could be used, whether they count or were left out."""
        return self.rows + self.rows_left_out

    @property
    def usable_lines(self) -> int:
        """Lines that hold records of the window, whether these count or were left out."""
        return self.used + self.filtered.get(Filtered.REPEATED_ENTITY, 0)

    @property
    def rejected_lines(self) -> int:
        """Lines that could not be used, whatever the reason."""
        return sum(self.rejected.values())

    @property
    def filtered_lines(self) -> int:
        """Lines in order that are no record of this window."""
        return sum(self.filtered.values())

    @property
    def model_errors(self) -> int:
        """Requests that the model answered with an error."""
        return self.filtered.get(Filtered.MODEL_ERROR, 0)

    @property
    def requests(self) -> int:
        """Captured requests of the window: not blank, not repeated, not of another window."""
        apart = (Filtered.BLANK, Filtered.OUTSIDE_WINDOW, Filtered.DUPLICATE)
        return self.read - sum(self.filtered.get(kind, 0) for kind in apart)

    def to_dict(self) -> dict[str, object]:
        """The plain form; mappings are sorted by key, so that equal tallies give equal bytes."""
        plain: dict[str, object] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            plain[item.name] = value if isinstance(value, int) else _plain(value)
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> "Tally":
        """The inverse of :meth:`to_dict`; raises KeyError or TypeError on anything else."""
        # profiles that were kept before entities could be asked for have no such count
        known = {"rows_left_out": 0, **data}
        return cls(**{item.name: known[item.name] for item in fields(cls)})  # type: ignore[arg-type]


def first_names(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts of the first ``MOST_NAMES`` names: exact for every name that is kept."""
    return {name: counts[name] for name in sorted(counts)[:MOST_NAMES]}


def _sum(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    return _plain(Counter(left) + Counter(right))


def _plain(counts: Mapping[str, int]) -> dict[str, int]:
    return {str(name): counts[name] for name in sorted(counts)}
