"""``driftloop accept``: the first live weeks of a version, accepted by a person as healthy."""

import getpass
import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from driftloop.calibration.dependence import cross_fit_adjustments
from driftloop.cli import s3
from driftloop.cli.accept_text import acceptance_text
from driftloop.cli.analyze import read_baseline
from driftloop.cli.kept import (
    StoredWindowProfile,
    complete_weeks,
    list_profiles,
    read_profiles,
    within,
)
from driftloop.cli.places import write_bytes
from driftloop.cli.settings import get_model, read_config
from driftloop.cli.span import asked_time
from driftloop.config import ModelSettings
from driftloop.errors import InputError
from driftloop.judge import DriftPolicy, build_report
from driftloop.policy.days import missing_windows
from driftloop.profile import Baseline, Profile
from driftloop.profile.rhythm import rhythm_of_profiles
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
    until = None if request.until is None else asked_time("--until", request.until)
    span = complete_weeks(kept, length, until)
    chosen = within(kept, span, length)
    policy = DriftPolicy.from_settings(model)
    windows = list(read_profiles(chosen))
    seasonality = rhythm_of_profiles(baseline, windows, hours)
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
    who = s3.caller_arn() if s3.is_uri(request.out) else getpass.getuser()
    return {"accepted_by": who, "accepted_at": format_time(now)}


def _json(record: dict[str, Any]) -> bytes:
    text = json.dumps(record, sort_keys=True, indent=2, allow_nan=False, ensure_ascii=False)
    return f"{text}\n".encode()
