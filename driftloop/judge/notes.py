"""What a reader of a report must know beside the verdict, one sentence each."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from driftloop.profile import Baseline, Profile
from driftloop.quality.repeats import DuplicateEstimate

_APART = {
    "grouped_share": "in groups of levels; none of these can be called new",
    "other_share": "as one sum, and changes among them are not seen",
}


def data_notes(baseline: Baseline, profile: Profile) -> list[str]:
    """What could not be judged, or not well."""
    notes = []
    if baseline.binnings.prediction is None:
        notes.append("The baseline holds no predictions, so the model's answers are not judged.")
    elif profile.records and not _answers(profile):
        notes.append("No predictions were captured, so the model's answers are not judged.")
    if baseline.reference_records < profile.records:
        notes.append(
            f"The baseline has {baseline.reference_records:,} rows, fewer than the window: "
            "it is what limits how small a change can be seen."
        )
    return notes


def grouped_category_notes(
    described: Mapping[str, Mapping[str, Any]], apart: Collection[str]
) -> Iterator[str]:
    """Columns of so many levels that some are not told apart."""
    for name, column in described.items():
        for share, words in _APART.items():
            shares = [column[side].get(share, 0.0) for side in ("baseline", "current")]
            if any(shares) and name not in apart:
                before, now = (f"{100 * share:.3g}%" for share in shares)
                yield (
                    f"{name} has more levels than are told apart: {before} of the baseline's and"
                    f" {now} of the window's values are compared {words}."
                )


def duplicate_notes(repeated: DuplicateEstimate | None) -> list[str]:
    """How many records count more than once."""
    note = None if repeated is None else repeated.note()
    return [] if note is None else [note]


def _answers(profile: Profile) -> bool:
    prediction = profile.counts.prediction
    return prediction is not None and prediction.present > 0
