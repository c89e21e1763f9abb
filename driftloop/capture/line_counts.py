"""Counts of what became of every captured line; they add up as profiles do.

How a line ends that is not used. Raised while a line is read, counted by the reader.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum

MAX_NAMES = 32
"""Unexpected column names that are kept: the first by name, so that adding stays associative."""


class SkipReason(StrEnum):
    """Why a line that is in order is no record of this window."""

    EMPTY_LINE = "empty_line"
    OUTSIDE_WINDOW = "outside_window"
    DUPLICATE_EVENT_ID = "duplicate_event_id"
    MODEL_ERROR = "model_error"
    MISSING_INPUT = "missing_input"
    REPEATED_ENTITY = "repeated_entity"


class RejectReason(StrEnum):
    """Why a line was rejected. ``MEANINGS`` says each in words."""

    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    TRUNCATED = "truncated"
    LINE_TOO_LONG = "line_too_long"
    CORRUPT_GZIP = "corrupt_gzip"
    NOT_A_CAPTURE_RECORD = "not_a_capture_record"
    UNSUPPORTED_EVENT_VERSION = "unsupported_event_version"
    MISSING_INFERENCE_TIME = "missing_inference_time"
    INVALID_BASE64 = "invalid_base64"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    UNREADABLE_PAYLOAD = "unreadable_payload"
    EMPTY_PAYLOAD = "empty_payload"
    COLUMN_COUNT_MISMATCH = "column_count_mismatch"
    NO_KNOWN_FEATURES = "no_known_features"
    PREDICTION_COUNT_MISMATCH = "prediction_count_mismatch"
    AMBIGUOUS_PREDICTION = "ambiguous_prediction"


SKIP_REASON_MEANINGS: Mapping[SkipReason, str] = {
    SkipReason.EMPTY_LINE: "The line is empty.",
    SkipReason.OUTSIDE_WINDOW: "The record's inferenceTime is not in the window.",
    SkipReason.DUPLICATE_EVENT_ID: "The object holds an earlier line with the same eventId.",
    SkipReason.MODEL_ERROR: "The model answered with an error; errors have their own alarm.",
    SkipReason.MISSING_INPUT: "Only the answer was captured: there are no features to look at.",
    SkipReason.REPEATED_ENTITY: "The entity has an earlier record in the window: one each counts.",
}

REJECT_REASON_MEANINGS: Mapping[RejectReason, str] = {
    RejectReason.NOT_UTF8: "The line's bytes are not UTF-8 text.",
    RejectReason.NOT_JSON: "The line is not JSON.",
    RejectReason.TRUNCATED: "The object's last line ends in the middle of a JSON value.",
    RejectReason.LINE_TOO_LONG: "The line is longer than any record of data capture can be.",
    RejectReason.CORRUPT_GZIP: "The object's gzip stream is damaged or ends too early.",
    RejectReason.NOT_A_CAPTURE_RECORD: "The line is JSON but not a record of data capture.",
    RejectReason.UNSUPPORTED_EVENT_VERSION: "The eventVersion is not 0, the only known version.",
    RejectReason.MISSING_INFERENCE_TIME: "The inferenceTime is missing or is not a timestamp.",
    RejectReason.INVALID_BASE64: "The payload says it is BASE64 and is not.",
    RejectReason.UNSUPPORTED_ENCODING: "The payload's encoding is none of CSV, JSON and BASE64.",
    RejectReason.UNREADABLE_PAYLOAD: "The payload does not match its encoding and type.",
    RejectReason.EMPTY_PAYLOAD: "The payload has no row.",
    RejectReason.COLUMN_COUNT_MISMATCH: "The number of columns is not the number of features.",
    RejectReason.NO_KNOWN_FEATURES: "None of the payload's names is a feature of the model.",
    RejectReason.PREDICTION_COUNT_MISMATCH: "There are not as many predictions as rows.",
    RejectReason.AMBIGUOUS_PREDICTION: "It is unclear which output value is the prediction.",
}


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that can't be used: where it stood, why, its bytes (the first of a very long one)."""

    object: str
    line: int
    reason: RejectReason
    raw: bytes
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LineCounts:
    """How many lines became what: ``read == used + sum(filtered) + sum(rejected)``.

    ``rows`` counts records, of which a line (one request) may hold several. ``missing_predictions``
    counts used lines without an answer. ``missing_columns`` and ``extra_columns`` count rows of
    payloads with names in which a feature was absent, or a name was none of the features.
    ``deduplicated_records`` counts rows whose entity has an earlier one in the window; a line of
    which
    no row is left is filtered. These columns and outputs are counted before that.
    """

    read: int = 0
    used: int = 0
    records: int = 0
    missing_predictions: int = 0
    deduplicated_records: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    missing_columns: Mapping[str, int] = field(default_factory=dict)
    extra_columns: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "LineCounts") -> "LineCounts":
        return LineCounts(
            read=self.read + other.read,
            used=self.used + other.used,
            records=self.records + other.records,
            missing_predictions=self.missing_predictions + other.missing_predictions,
            deduplicated_records=self.deduplicated_records + other.deduplicated_records,
            skipped=_sum(self.skipped, other.skipped),
            rejected=_sum(self.rejected, other.rejected),
            missing_columns=_sum(self.missing_columns, other.missing_columns),
            extra_columns=first_names(_sum(self.extra_columns, other.extra_columns)),
        )

    @property
    def records_read(self) -> int:
        """Rows of the lines that could be used, whether they count or were left out."""
        return self.records + self.deduplicated_records

    @property
    def usable_lines(self) -> int:
        """Lines that hold records of the window, whether these count or were left out."""
        return self.used + self.skipped.get(SkipReason.REPEATED_ENTITY, 0)

    @property
    def rejected_lines(self) -> int:
        """Lines that could not be used, whatever the reason."""
        return sum(self.rejected.values())

    @property
    def skipped_lines(self) -> int:
        """Lines in order that are no record of this window."""
        return sum(self.skipped.values())

    @property
    def model_errors(self) -> int:
        """Requests that the model answered with an error."""
        return self.skipped.get(SkipReason.MODEL_ERROR, 0)

    @property
    def requests(self) -> int:
        """Captured requests of the window: not blank, not repeated, not of another window."""
        apart = (SkipReason.EMPTY_LINE, SkipReason.OUTSIDE_WINDOW, SkipReason.DUPLICATE_EVENT_ID)
        return self.read - sum(self.skipped.get(kind, 0) for kind in apart)

    def to_dict(self) -> dict[str, object]:
        """The plain form; mappings are sorted by key, so that equal tallies give equal bytes."""
        plain: dict[str, object] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            plain[item.name] = value if isinstance(value, int) else _plain(value)
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> "LineCounts":
        """The inverse of :meth:`to_dict`; raises KeyError or TypeError on anything else."""
        # profiles that were kept before entities could be asked for have no such count
        known = {"deduplicated_records": 0, **data}
        return cls(**{item.name: known[item.name] for item in fields(cls)})  # type: ignore[arg-type]


def first_names(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts of the first ``MOST_NAMES`` names: exact for every name that is kept."""
    return {name: counts[name] for name in sorted(counts)[:MAX_NAMES]}


def _sum(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    return _plain(Counter(left) + Counter(right))


def _plain(counts: Mapping[str, int]) -> dict[str, int]:
    return {str(name): counts[name] for name in sorted(counts)}


class RejectedLineError(Exception):
    """The line is rejected."""

    def __init__(self, reason: RejectReason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class SkippedLineError(Exception):
    """The line is in order but no record of this window."""

    def __init__(self, kind: SkipReason) -> None:
        super().__init__(kind)
        self.kind = kind
