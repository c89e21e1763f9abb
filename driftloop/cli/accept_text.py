"""What a person reads before accepting weeks as healthy."""

from collections.abc import Iterator, Mapping
from typing import Any

MAX_NAMED = 8


def acceptance_text(found: Mapping[str, Any]) -> list[str]:
    """The weeks, what lacks, the verdict, and what the replay says of alarms."""
    return [*_what(found), *_verdict(found), *_replay(found)]


def _what(found: Mapping[str, Any]) -> Iterator[str]:
    window = found["window"]
    yield f"{found['model']} version {found['version']}: {window['start']} to {window['end']}"
    for week in found["weeks"]:
        yield f"  from {week['start']}: {week['records']:,} records"
    lacking = found["missing"]
    yield f"  windows missing: {_few(lacking) or 'none'}"


def _verdict(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"all together against the training data: {found['verdict']}"
    for reason in found["reasons"][:MAX_NAMED]:
        yield f"  {reason}"
    more = len(found["reasons"]) - MAX_NAMED
    if more > 0:
        yield f"  and {more} more"
    if found["verdict"] != "stable":
        yield (
            "  Accepting makes this what is usual: it will not be drift any more. If something is"
            " wrong with these weeks, don't."
        )


def _replay(found: Mapping[str, Any]) -> Iterator[str]:
    replay = found["replay"]
    yield f"the rule replayed over these {replay['windows']:,} windows, before → after:"
    yield f"  windows drifted: {replay['drifted_before']:,} → {replay['drifted_after']:,}"
    yield (
        f"  alarms: {replay['alarms_before']:,} → {replay['alarms_after']:,}"
        f" ({replay['held_out_alarms']:,} where each week is left out of its own calibration)"
    )
    yield f"  {_largest(found, 'design_effect', 'design effect')}"
    yield f"  {_largest(found, 'min_effect_multiplier', 'floors raised')}"


def _largest(found: Mapping[str, Any], what: str, words: str) -> str:
    """The column that gets most of one allowance."""
    granted = {name: one[what] for name, one in found["allowances"].items()}
    if not granted:
        return f"{words}: no column is judged"
    name = max(sorted(granted), key=lambda column: granted[column])
    return f"{words} up to {granted[name]:.1f} ({name})"


def _few(labels: list[str]) -> str:
    rest = len(labels) - MAX_NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return f"{', '.join(labels[:MAX_NAMED])}{more}"
