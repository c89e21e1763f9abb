"""How much of the data a training does not use, in a sentence, and when that is too much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from driftloop.contract.pipeline_reports import CapturedVersion
from driftloop.errors import InputError
from driftloop.labels.join import LABEL_COUNT_MISMATCH, NO_LABEL, REUSED_INFERENCE_ID
from driftloop.metadata_text import metadata_text
from pipelines.steps.step_environment import StepSettings

CAPTURED_TWICE = "captured_twice"
CONTRADICTED = "captured_with_different_content"
EXCLUDED_WINDOW = "excluded_window"
NOT_SERVING = "version_not_serving"
UNUSABLE_LABEL = "label_unusable"
UNREADABLE_LINE = "unreadable_line"

UNUSABLE = (
    UNREADABLE_LINE,
    CONTRADICTED,
    NOT_SERVING,
    LABEL_COUNT_MISMATCH,
    REUSED_INFERENCE_ID,
    UNUSABLE_LABEL,
)
"""Reasons for which a record can't be trusted. The others are no fault of it: it has no label, is a
copy, or is of a window that was excluded on purpose."""


@dataclass(frozen=True, slots=True)
class OmittedRecords:
    """The records that a training does not use.

    Attributes:
        source: What the records are of, for messages.
        records: All records that were read; an unreadable line counts as one.
        dropped: Records by reason; those of unreadable lines are among them.
        details: Further sentences: versions and objects that were not read.
    """

    source: str
    records: int
    dropped: Mapping[str, int]
    details: Sequence[str] = field(default=())

    @property
    def sentence(self) -> str:
        """What is not used, in the characters and the length of a model package's metadata."""
        return metadata_text(self.account)

    @property
    def account(self) -> str:
        """What is not used, largest number first."""
        counts = sorted(self.dropped.items(), key=lambda item: (-item[1], item[0]))
        reasons = "; ".join(f"{reason} {count}" for reason, count in counts if count) or "none"
        text = f"Of {self.records} records of {self.source} these are not used: {reasons}"
        return ". ".join([text, *self.details])

    def check(self, settings: StepSettings) -> None:
        """Raise InputError if more records are unusable or unlabeled than the settings allow."""
        unusable = sum(self.dropped.get(reason, 0) for reason in UNUSABLE)
        self._check("unusable", unusable, self.records, settings.max_unusable_share)
        labeled = self.records - sum(self.dropped.values())
        unlabeled = self.dropped.get(NO_LABEL, 0)
        self._check("without a label", unlabeled, labeled + unlabeled, settings.max_unlabeled_share)

    def _check(self, what: str, count: int, total: int, limit: float) -> None:
        if count <= limit * total:
            return
        name = "max_unusable_share" if what == "unusable" else "max_unlabeled_share"
        raise InputError(
            f"{count / total:.1%} of the records of {self.source} are {what}, and"
            f" retraining.{name} is {limit:.1%}: nothing is trained. {self.account}. Fix what"
            " writes the data, or raise the setting in driftloop.yaml if this share is right"
        )


def describe_sources(
    versions: Sequence[CapturedVersion],
    ignored_objects: Mapping[str, int],
    rolled_back_versions: Sequence[int],
) -> list[str]:
    """Sentences on versions and objects that were not read, or read with other columns."""
    sentences = []
    if rolled_back_versions:
        numbers = ", ".join(map(str, rolled_back_versions))
        sentences.append(f"Periods that ended in a rollback are not used, of versions: {numbers}")
    if ignored_objects:
        sentences.append(
            f"{sum(ignored_objects.values())} objects of {len(ignored_objects)} other prefixes"
            " were ignored"
        )
    for version in versions:
        if version.unusable_baseline:
            sentences.append(f"Version {version.version}: {version.unusable_baseline}")
        elif version.added_features:
            names = ", ".join(version.added_features)
            sentences.append(f"Version {version.version} has no values of {names}")
    return sentences
