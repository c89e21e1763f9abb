"""Which features take no part in verdicts: what the baseline found, and what the settings say."""

from collections.abc import Mapping

from driftloop.detection.policy import DriftPolicy
from driftloop.profile import Baseline
from driftloop.profile.feature_screening import ExclusionReason

EXCLUDED_BY_SETTINGS = "monitoring.exclude_features names it"

WORDS: Mapping[ExclusionReason, str] = {
    ExclusionReason.FOLLOWS_TIME: "its values follow time, as ids, timestamps and"
    " counters do, so that live ones lie beyond the training data by nature",
    ExclusionReason.ROW_NUMBER: "its values are distinct whole numbers with few gaps,"
    " as row numbers and ids are, so that live ones are others by nature",
    ExclusionReason.ROW_IDENTIFIER: "nearly every row has a level of its own, as with ids and"
    " free text, so that no level's share can change",
    ExclusionReason.MISSING_TIME: "training rows have no time (time_column) at which ages could"
    " be measured",
    ExclusionReason.DEPENDS_ON_REQUEST_TIME: "its dates are so near to each other, or to the"
    " time of the request, that the clock decides this part of the calendar",
}


def excluded_features(baseline: Baseline, policy: DriftPolicy) -> dict[str, str]:
    """Why, in words and by name, features are left out; in payload order."""
    found = {
        name: WORDS[why]
        for name, why in baseline.excluded_features.items()
        if name not in policy.include_features
    }
    why = {**found, **dict.fromkeys(policy.exclude_features, EXCLUDED_BY_SETTINGS)}
    return {name: why[name] for name in baseline.binnings.features if name in why}


def exclusion_notes(why: Mapping[str, str]) -> list[str]:
    """One sentence for each reason, with the features that it holds for."""
    found = dict.fromkeys(words for words in why.values() if words != EXCLUDED_BY_SETTINGS)
    lines = [
        f"Left out of drift verdicts: {_named(why, words)}: {words}. Missing values and types are"
        " still checked; monitoring.include_features overrules this."
        for words in found
    ]
    if EXCLUDED_BY_SETTINGS in why.values():
        lines.append(
            "Left out of drift verdicts by monitoring.exclude_features:"
            f" {_named(why, EXCLUDED_BY_SETTINGS)}."
        )
    return lines


def suspected_notes(baseline: Baseline, policy: DriftPolicy) -> list[str]:
    """A suggestion for features that follow the order of the training rows."""
    settled = {*policy.exclude_features, *policy.include_features}
    names = [
        feature.name
        for feature in baseline.schema.features
        if feature.name in baseline.suspected and not settled >= {*feature.columns}
    ]
    if not names:
        return []
    return [
        f"{', '.join(names)}: from row to row of the training data the values only rise, or only"
        " fall. If rows come in the order of time, this can't be compared with later records: name"
        " it in monitoring.exclude_features. If they were sorted by it, name it in"
        " monitoring.include_features. With"
        " time_column this is found out."
    ]


def _named(why: Mapping[str, str], words: str) -> str:
    return ", ".join(name for name, given in why.items() if given == words)
