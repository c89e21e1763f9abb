"""Which features are excluded from drift detection: by the baseline's screening or by settings."""

from collections.abc import Mapping

from driftloop.detection.policy import DriftPolicy
from driftloop.profile import Baseline, Profile
from driftloop.profile.feature_screening import ExclusionReason
from driftloop.profile.hourly.possible_clocks import agreeing_columns

EXCLUDED_BY_SETTINGS = "excluded by monitoring.exclude_features"

EXPLANATIONS: Mapping[ExclusionReason, str] = {
    ExclusionReason.FOLLOWS_TIME: "its values follow time, as ids, timestamps and counters do, so"
    " that current values always lie beyond the training data",
    ExclusionReason.ROW_NUMBER: "its values are distinct whole numbers with few gaps, as row"
    " numbers and ids are, so that current values always differ",
    ExclusionReason.ROW_IDENTIFIER: "nearly every row has its own category, as with ids and free"
    " text, so that no category's share can change",
    ExclusionReason.MISSING_TIME: "training rows have no time (time_column) from which ages could"
    " be computed",
    ExclusionReason.DEPENDS_ON_REQUEST_TIME: "its dates are so near to each other, or to the"
    " time of the request, that the time of the request decides this date part",
}


def clock_exclusions(baseline: Baseline, profile: Profile, policy: DriftPolicy) -> dict[str, str]:
    """Why features that follow the clock are excluded where no daily rule decides, by name.

    They are known from training data with times; without, the times of the window's records show
    them, unless the clock is wrong.
    """
    why = "so that a window of some hours or days can't have the values of the training data"
    if baseline.hourly is not None and baseline.hourly.clocks and profile.hours:
        text = (
            f"its values follow the clock of {baseline.hourly.zone}, against which they are"
            f" checked, {why}"
        )
        names = [*baseline.hourly.clocks]
    elif baseline.possible_clocks is not None:
        text = (
            f"in the window its values follow the clock of {baseline.possible_clocks.zone}, {why}"
        )
        names = agreeing_columns(baseline.possible_clocks, profile.clocks)
    else:
        return {}
    return {name: text for name in names if name not in policy.include_features}


def excluded_features(baseline: Baseline, policy: DriftPolicy) -> dict[str, str]:
    """Why features are excluded, by name and in the order of the payload."""
    screened = {
        name: EXPLANATIONS[reason]
        for name, reason in baseline.excluded_features.items()
        if name not in policy.include_features
    }
    reasons = {**screened, **dict.fromkeys(policy.exclude_features, EXCLUDED_BY_SETTINGS)}
    return {name: reasons[name] for name in baseline.binnings.features if name in reasons}


def exclusion_notes(reasons: Mapping[str, str]) -> list[str]:
    """One note for each reason, with the features that it concerns.

    Args:
        reasons: The result of :func:`excluded_features`.
    """
    screened = dict.fromkeys(text for text in reasons.values() if text != EXCLUDED_BY_SETTINGS)
    notes = [
        f"Excluded from drift detection: {_names(reasons, text)}: {text}. Missing values and types"
        " are still checked. To include a feature, name it in monitoring.include_features."
        for text in screened
    ]
    if EXCLUDED_BY_SETTINGS in reasons.values():
        notes.append(
            "Excluded from drift detection by monitoring.exclude_features:"
            f" {_names(reasons, EXCLUDED_BY_SETTINGS)}."
        )
    return notes


def suspected_notes(baseline: Baseline, policy: DriftPolicy) -> list[str]:
    """A suggestion for features that follow the order of the training rows."""
    configured = {*policy.exclude_features, *policy.include_features}
    names = [
        feature.name
        for feature in baseline.schema.features
        if feature.name in baseline.suspected and not configured >= {*feature.columns}
    ]
    if not names:
        return []
    return [
        f"{', '.join(names)}: from row to row of the training data the values only rise, or only"
        " fall. If the rows are in the order of time, later records can't be compared: name the"
        " feature in monitoring.exclude_features. If the rows were sorted by it, name it in"
        " monitoring.include_features. With time_column this is detected."
    ]


def _names(reasons: Mapping[str, str], text: str) -> str:
    return ", ".join(name for name, reason in reasons.items() if reason == text)
