"""What became of every captured line: reasons, and counts that add up like profiles."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import NamedTuple

from driftloop.errors import DriftloopError

MAX_NAMES = 32
"""Unknown column names that are counted: 32 show what is wrong, and payloads with ever new names
can't make a profile grow. They are the first by name, so that adding stays associative."""


class SkipReason(StrEnum):
    """Why a valid line is not counted in this window. ``SKIP_REASON_MEANINGS`` explains each."""

    EMPTY_LINE = "empty_line"
    OUTSIDE_WINDOW = "outside_window"
    DUPLICATE_EVENT_ID = "duplicate_event_id"
    MODEL_ERROR = "model_error"
    MISSING_INPUT = "missing_input"
    REPEATED_ENTITY = "repeated_entity"


class RejectReason(StrEnum):
    """Why a line is unreadable. ``REJECT_REASON_MEANINGS`` explains each."""

    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    TRUNCATED = "truncated"
    LINE_TOO_LONG = "line_too_long"
    CORRUPT_GZIP = "corrupt_gzip"
    GZIP_RATIO_EXCEEDED = "gzip_ratio_exceeded"
    OBJECT_TOO_LARGE = "object_too_large"
    OBJECT_LOST = "object_lost"
    OBJECT_ABANDONED = "object_abandoned"
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


class LineProblem(StrEnum):
    """What is wrong with a line of which a report shows the first one."""

    REJECTED_LINE = "rejected_line"
    UNREADABLE_RESPONSE = "unreadable_response"
    MISSING_COLUMNS = "missing_columns"


SKIP_REASON_MEANINGS: Mapping[SkipReason, str] = {
    SkipReason.EMPTY_LINE: "The line is empty.",
    SkipReason.OUTSIDE_WINDOW: "The record's inferenceTime is not in the window.",
    SkipReason.DUPLICATE_EVENT_ID: "The object holds an earlier line with the same eventId.",
    SkipReason.MODEL_ERROR: "The model returned an error; endpoint errors have their own alarm.",
    SkipReason.MISSING_INPUT: "Only the output was captured, so there are no features.",
    SkipReason.REPEATED_ENTITY: "The entity has an earlier record in the window; only the first "
    "one counts.",
}

REJECT_REASON_MEANINGS: Mapping[RejectReason, str] = {
    RejectReason.NOT_UTF8: "The line's bytes are not UTF-8 text.",
    RejectReason.NOT_JSON: "The line is not JSON.",
    RejectReason.TRUNCATED: "The object's last line ends in the middle of a JSON value.",
    RejectReason.LINE_TOO_LONG: "The line is longer than any record of data capture can be.",
    RejectReason.CORRUPT_GZIP: "The object's gzip stream is damaged or ends too early.",
    RejectReason.GZIP_RATIO_EXCEEDED: "The object's gzip stream holds far more text than captured "
    "data has. The rest of the object was not read; this counts as one line.",
    RejectReason.OBJECT_TOO_LARGE: "The object has more than 2 GiB of text. The rest of it was not "
    "read; this counts as one line.",
    RejectReason.OBJECT_LOST: "The object was deleted before it was read, or S3 refused to return "
    "it. Nothing of it was read; this counts as one line.",
    RejectReason.OBJECT_ABANDONED: "The object has more than 100,000 unreadable or empty lines "
    "before this line, and they are most of its lines. Its further lines are only counted.",
    RejectReason.NOT_A_CAPTURE_RECORD: "The line is JSON but not a record of data capture.",
    RejectReason.UNSUPPORTED_EVENT_VERSION: "The eventVersion is not 0, the only known version.",
    RejectReason.MISSING_INFERENCE_TIME: "The inferenceTime is missing or is not a timestamp.",
    RejectReason.INVALID_BASE64: "The payload's encoding is BASE64, but its data is not.",
    RejectReason.UNSUPPORTED_ENCODING: "The payload's encoding is none of CSV, JSON and BASE64.",
    RejectReason.UNREADABLE_PAYLOAD: "The payload does not match its encoding and content type.",
    RejectReason.EMPTY_PAYLOAD: "The payload has no record.",
    RejectReason.COLUMN_COUNT_MISMATCH: "The number of columns is not the number of features.",
    RejectReason.NO_KNOWN_FEATURES: "None of the payload's names is a feature of the model.",
    RejectReason.PREDICTION_COUNT_MISMATCH: "The number of predictions is not the number of "
    "records.",
    RejectReason.AMBIGUOUS_PREDICTION: "It is unclear which output value is the prediction.",
}


class RejectedLineError(DriftloopError):
    """A line is unreadable. Raised while a line is read, counted by the reader."""

    def __init__(self, reason: RejectReason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class LostObjectError(DriftloopError):
    """A captured object is gone or can't be read. Raised by its source, counted by the reader."""


class SkippedLineError(DriftloopError):
    """A valid line is not counted in this window. Raised while a line is read."""

    def __init__(self, reason: SkipReason) -> None:
        super().__init__(reason)
        self.reason = reason


class LineExample(NamedTuple):
    """The first line with a problem: where it is, its shape, and settings that would read it.

    ``shape`` has the keys and the kinds of the values. ``suggestion`` has a setting of
    driftloop.yaml per line; empty if none is known.
    """

    object: str
    line: int
    shape: str
    suggestion: str


def example_key(problem: LineProblem, reason: str = "") -> str:
    """The key of an example in :class:`LineCounts`."""
    return f"{problem}/{reason}"


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that can't be used.

    Attributes:
        object: Name of the captured object.
        line: Number of the line in the object, from 1.
        reason: Why the line was rejected.
        raw: The line's bytes; only the first of a line that is too long.
        detail: What the parser reported.
    """

    object: str
    line: int
    reason: RejectReason
    raw: bytes
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LineCounts:
    """How many lines became what: ``read == used + sum(skipped) + sum(rejected)``.

    ``a + b`` counts the lines of both.

    Attributes:
        read: All lines.
        used: Lines whose records are in the batch.
        records: Records in the batch; one line (one request) holds one or more.
        missing_predictions: Used lines without a captured output.
        deduplicated_records: Records that are not in the batch, because their entity has an
            earlier one in the window. A line of which no record is left is skipped. The columns
            and predictions of such records are counted nevertheless.
        skipped: Skipped lines by ``SkipReason``.
        rejected: Rejected lines by ``RejectReason``.
        unreadable_predictions: Used lines whose response can't be read as predictions, by
            ``RejectReason``. Their records have no predictions.
        missing_columns: Records whose payload names its columns and lacks the feature, by name.
        extra_columns: Records whose payload has a column that is not a feature, by name; at most
            ``MAX_NAMES`` names.
        examples: The first line of each problem, by :func:`example_key`.
    """

    read: int = 0
    used: int = 0
    records: int = 0
    missing_predictions: int = 0
    deduplicated_records: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    unreadable_predictions: Mapping[str, int] = field(default_factory=dict)
    missing_columns: Mapping[str, int] = field(default_factory=dict)
    extra_columns: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, LineExample] = field(default_factory=dict)

    def __add__(self, other: "LineCounts") -> "LineCounts":
        return LineCounts(
            read=self.read + other.read,
            used=self.used + other.used,
            records=self.records + other.records,
            missing_predictions=self.missing_predictions + other.missing_predictions,
            deduplicated_records=self.deduplicated_records + other.deduplicated_records,
            skipped=_add(self.skipped, other.skipped),
            rejected=_add(self.rejected, other.rejected),
            unreadable_predictions=_add(self.unreadable_predictions, other.unreadable_predictions),
            missing_columns=_add(self.missing_columns, other.missing_columns),
            extra_columns=first_names(_add(self.extra_columns, other.extra_columns)),
            examples=_first_examples(self.examples, other.examples),
        )

    @property
    def records_read(self) -> int:
        """Records of usable lines, before deduplication by entity."""
        return self.records + self.deduplicated_records

    @property
    def usable_lines(self) -> int:
        """Lines that hold records of the window, before deduplication by entity."""
        return self.used + self.skipped.get(SkipReason.REPEATED_ENTITY, 0)

    @property
    def has_responses(self) -> bool:
        """Whether any response was captured, even if no prediction can be read in it.

        Rows of a data frame have responses if they have a column of predictions.
        """
        if self.usable_lines:
            return self.usable_lines > self.missing_predictions
        return not self.missing_predictions

    @property
    def rejected_lines(self) -> int:
        """Rejected lines, for any reason."""
        return sum(self.rejected.values())

    @property
    def skipped_lines(self) -> int:
        """Skipped lines, for any reason."""
        return sum(self.skipped.values())

    @property
    def requests(self) -> int:
        """Captured requests of the window: no empty, duplicate or outside lines."""
        excluded = (SkipReason.EMPTY_LINE, SkipReason.OUTSIDE_WINDOW, SkipReason.DUPLICATE_EVENT_ID)
        return self.read - sum(self.skipped.get(reason, 0) for reason in excluded)

    def to_dict(self) -> dict[str, object]:
        """The counts as JSON types; keys are sorted, so that equal counts give equal bytes."""
        data: dict[str, object] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name != "examples":
                data[item.name] = value if isinstance(value, int) else _sorted_counts(value)
        data["examples"] = {key: [*self.examples[key]] for key in sorted(self.examples)}
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> "LineCounts":
        """Read counts back.

        Args:
            data: What :meth:`to_dict` returned.

        Returns:
            The counts.

        Raises:
            KeyError: A count is missing.
            TypeError: ``data`` is not a mapping.
        """
        values = {item.name: data[item.name] for item in fields(cls)}
        examples = values["examples"]
        if not isinstance(examples, Mapping):
            raise TypeError("examples: a mapping")
        values["examples"] = {key: LineExample(*example) for key, example in examples.items()}
        return cls(**values)  # type: ignore[arg-type]


class LineCounter:
    """The counts of lines while they are read."""

    def __init__(self) -> None:
        self.read = self.used = self.missing_predictions = 0
        self.skipped: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.missing_columns: Counter[str] = Counter()
        self.extra_columns: Counter[str] = Counter()
        self.unreadable_predictions: Counter[str] = Counter()
        self.examples: dict[str, LineExample] = {}

    def line_counts(self, records: int) -> LineCounts:
        """The counts so far, of which so many records came."""
        return LineCounts(
            read=self.read,
            used=self.used,
            records=records,
            missing_predictions=self.missing_predictions,
            skipped=_sorted_counts(self.skipped),
            rejected=_sorted_counts(self.rejected),
            unreadable_predictions=_sorted_counts(self.unreadable_predictions),
            missing_columns=_sorted_counts(self.missing_columns),
            extra_columns=_sorted_counts(self.extra_columns),
            examples=_first_examples(self.examples, {}),
        )


def first_names(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts of the first ``MAX_NAMES`` names: exact for every name that is kept."""
    return {name: counts[name] for name in sorted(counts)[:MAX_NAMES]}


def _first_examples(
    left: Mapping[str, LineExample], right: Mapping[str, LineExample]
) -> dict[str, LineExample]:
    """The first example of each problem by object and line, so that adding is commutative."""
    keys = sorted({*left, *right})
    return {key: min(side[key] for side in (left, right) if key in side) for key in keys}


def _add(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    return _sorted_counts(Counter(left) + Counter(right))


def _sorted_counts(counts: Mapping[str, int]) -> dict[str, int]:
    return {str(name): counts[name] for name in sorted(counts)}
