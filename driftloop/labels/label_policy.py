"""What labels mean: the id that they name, how late they come, what a missing one stands for."""

from dataclasses import dataclass
from enum import StrEnum

from driftloop.schema import Entity

DEFAULT_JOIN_KEY = "inference_id"
"""Labels name a request's inferenceId, or its eventId where it has none."""


class MissingLabel(StrEnum):
    """What a record without a label stands for.

    ``NEGATIVE``: labels are collected for positive outcomes only, as with fraud and conversions. A
    record without a label is negative from ``max_label_age_hours`` on.
    """

    UNKNOWN = "unknown"
    NEGATIVE = "negative"


def parse_join_key(text: str) -> str | None:
    """The key of the custom attribute by which labels name requests; None for their own ids.

    Raises ValueError unless the text is ``inference_id`` or ``attribute:KEY``.

    Example:
        >>> parse_join_key("inference_id"), parse_join_key("attribute:order")
        (None, 'order')
    """
    if text == DEFAULT_JOIN_KEY:
        return None
    try:
        return Entity.parse(text, ()).name
    except ValueError as error:
        raise ValueError(
            f"join_key {text!r}: write {DEFAULT_JOIN_KEY}, or {Entity.PREFIX}KEY for a key of the"
            " requests' custom attributes, where KEY contains none of = , ;"
        ) from error


@dataclass(frozen=True, slots=True)
class LabelPolicy:
    """How labels are joined and read.

    Attributes:
        missing_label_means: What a record without a label stands for.
        max_label_age_hours: Age of a record from which no further label is expected.
        join_attribute: Key of the custom attribute by which labels name requests; None for the
            inferenceId, else the eventId.
        positive_class: The label of the positive class of a binary model; None for the second one
            of the two, in ascending order.
        decision_threshold: A record is predicted positive where its score is at least this.
        min_labels: Labeled records that a verdict takes.
    """

    missing_label_means: MissingLabel = MissingLabel.UNKNOWN
    max_label_age_hours: float = 168.0
    join_attribute: str | None = None
    positive_class: str | None = None
    decision_threshold: float = 0.5
    min_labels: int = 200
