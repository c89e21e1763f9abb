"""``driftloop accept``: the first live weeks of a version, accepted by a person as healthy.

What a person reads before accepting weeks as healthy.
"""

import getpass
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from driftloop.analysis_plan import missing_windows
from driftloop.backtest.adjustment_fit import cross_fit_adjustments
from driftloop.cli.analyze import read_baseline
from driftloop.cli.config_file import get_model, read_config
from driftloop.cli.stored_profiles import (
    StoredWindowProfile,
    complete_weeks,
    list_profiles,
    read_profiles,
    within,
)
from driftloop.cli.window_option import parse_time_option
from driftloop.config import ModelSettings
from driftloop.detection import DriftPolicy
from driftloop.errors import InputError
from driftloop.profile import Baseline, Profile
from driftloop.report import build_report
from driftloop.seasonality.hour_of_week import HourOfWeekProfile
from driftloop.storage import caller_arn, is_s3_uri, write_bytes
from driftloop.window import Window, format_time


class AcceptOptions(NamedTuple):
    """What was asked for, as it was written on the command line."""

    config: str
    model: str
    version: int
    baseline: str
    profiles: str
    out: str
    until: str | None
    yes: bool


def run(request: AcceptOptions) -> list[str]:
    """Show the weeks; with ``yes`` write their rhythm, and beside it who accepted what, and when.

    The record is written first, so that no weeks are in use that nobody has accepted.
    """
    model = get_model(read_config(request.config), request.model, request.config)
    baseline = read_baseline(request.baseline, model.schema_)
    if baseline.seasonality_bytes is not None:
        raise InputError(
            f"{request.baseline}: this baseline knows the hours of the week from its training data;"
            " there is nothing to accept"
        )
    found, seasonality = _weigh(request, model, baseline)
    lines = acceptance_text(found)
    if not request.yes:
        return [*lines, "Nothing is written yet. If these weeks were healthy, add --yes."]
    record = {**found, **_signature(request)}
    write_bytes(f"{request.out}.json", _json(record))
    write_bytes(request.out, seasonality)
    who = f"accepted by {record['accepted_by']}"
    return [*lines, f"{who}; written: {request.out}, {request.out}.json"]


def _weigh(
    request: AcceptOptions, model: ModelSettings, baseline: Baseline
) -> tuple[dict[str, Any], bytes]:
    """What a person should know of the weeks, and the rhythm that comes of them."""
    hours = model.monitoring.window_hours
    length = timedelta(hours=hours)
    kept = list_profiles(request.profiles)
    until = None if request.until is None else parse_time_option("--until", request.until)
    span = complete_weeks(kept, length, until)
    chosen = within(kept, span, length)
    policy = DriftPolicy.from_settings(model)
    windows = list(read_profiles(chosen))
    seasonality = HourOfWeekProfile.from_profiles(baseline, windows, hours)
    adjustments = cross_fit_adjustments(baseline, seasonality, policy, hours)
    total = sum((profile for _, profile in windows), Profile.empty(baseline))
    report = build_report(
        baseline, total, window=span, policy=policy, model=request.model, version=request.version
    )
    found = {
        "model": request.model,
        "version": request.version,
        "baseline": baseline.fingerprint,
        "window": span.to_dict(),
        "weeks": _weeks(windows, span),
        "missing": _missing(chosen, span, length),
        "verdict": report["verdict"],
        "reasons": report["reasons"],
        "replay": dict(adjustments.replay),
        "allowances": {name: asdict(granted) for name, granted in adjustments.window.items()},
    }
    return found, seasonality.with_adjustments(adjustments).to_bytes()


def _weeks(windows: list[tuple[datetime, Profile]], span: Window) -> list[dict[str, Any]]:
    """Records of each week, counted back from the end, as the rhythm counts them."""
    weeks = []
    end = span.end
    while end > span.start:
        start = max(span.start, end - timedelta(weeks=1))
        records = sum(profile.records for at, profile in windows if start <= at < end)
        weeks.append({"start": format_time(start), "end": format_time(end), "records": records})
        end = start
    return weeks[::-1]


def _missing(chosen: list[StoredWindowProfile], span: Window, length: timedelta) -> list[str]:
    present = [Window(start, start + length) for start in {item.start for item in chosen}]
    return [window.label for window in missing_windows(span, present, length, span.start)]


def _signature(request: AcceptOptions) -> dict[str, str]:
    """Who accepts, by the credentials or the account of this machine, and when."""
    now = datetime.now(UTC).replace(microsecond=0)
    who = caller_arn() if is_s3_uri(request.out) else getpass.getuser()
    return {"accepted_by": who, "accepted_at": format_time(now)}


def _json(record: dict[str, Any]) -> bytes:
    text = json.dumps(record, sort_keys=True, indent=2, allow_nan=False, ensure_ascii=False)
    return f"{text}\n".encode()


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
