"""Which features take no part in verdicts: what the baseline found, and what the settings say."""

from collections.abc import Mapping

from driftloop.judge.policy import Policy
from driftloop.profile import Baseline
from driftloop.profile.left_out import Why

ASKED = "monitoring.left_out names it"

WORDS: Mapping[Why, str] = {
    Why.FOLLOWS_TIME: "its values follow time, as ids, timestamps and counters do, so that live"
    " ones lie beyond the training data by nature",
    Why.NUMBERS_ROWS: "its values are distinct whole numbers with few gaps, as row numbers and ids"
    " are, so that live ones are others by nature",
    Why.LABELS_ROWS: "nearly every row has a level of its own, as with ids and free text, so that"
    " no level's share can change",
    Why.NO_TIME: "training rows have no time (time_column) at which ages could be measured",
    Why.FOLLOWS_CLOCK: "its dates are so near to each other, or to the time of the request, that"
    " the clock decides this part of the calendar",
}


def left_out(baseline: Baseline, policy: Policy) -> dict[str, str]:
    """Why, in words and by name, features are left out; in payload order."""
    found = {name: WORDS[why] for name, why in baseline.left_out.items() if name not in policy.kept}
    why = {**found, **dict.fromkeys(policy.left_out, ASKED)}
    return {name: why[name] for name in baseline.grids.features if name in why}


def left_out_notes(why: Mapping[str, str]) -> list[str]:
    """One sentence for each reason, with the features that it holds for."""
    found = dict.fromkeys(words for words in why.values() if words != ASKED)
    lines = [
        f"Left out of drift verdicts: {_named(why, words)}: {words}. Missing values and types are"
        " still checked; monitoring.kept overrules this."
        for words in found
    ]
    if ASKED in why.values():
        lines.append(f"Left out of drift verdicts by monitoring.left_out: {_named(why, ASKED)}.")
    return lines


def suspected_notes(baseline: Baseline, policy: Policy) -> list[str]:
    """A suggestion for features that follow the order of the training rows."""
    settled = {*policy.left_out, *policy.kept}
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
        " it in monitoring.left_out. If they were sorted by it, name it in monitoring.kept. With"
        " time_column this is found out."
    ]


def _named(why: Mapping[str, str], words: str) -> str:
    return ", ".join(name for name, given in why.items() if given == words)
