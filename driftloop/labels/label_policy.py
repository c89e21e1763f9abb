"""What labels mean: the id that they name, how late they come, what a missing one stands for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from driftloop.schema import parse_join_key

if TYPE_CHECKING:
    from driftloop.config.sections import LabelSettings


class MissingLabel(StrEnum):
    """What a record without a label stands for.

    ``NEGATIVE``: labels are collected for positive outcomes only, as with fraud and conversions. A
    record without a label is negative from ``max_label_age_hours`` on.
    """

    UNKNOWN = "unknown"
    NEGATIVE = "negative"


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

    @classmethod
    def from_settings(cls, settings: "LabelSettings") -> "LabelPolicy":
        """The policy of a model's settings."""
        return cls(
            missing_label_means=MissingLabel(settings.missing_label_means),
            max_label_age_hours=settings.max_label_age_hours,
            join_attribute=parse_join_key(settings.join_key),
            positive_class=settings.positive_class,
            decision_threshold=settings.decision_threshold,
            min_labels=settings.min_labels,
        )
