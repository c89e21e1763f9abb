"""``driftloop accept-weeks``: a person accepts live weeks as the hour-of-week reference."""

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
from driftloop.s3_uri import is_s3_uri
from driftloop.seasonality.hour_of_week import HourOfWeekProfile
from driftloop.storage import caller_arn, write_bytes
from driftloop.window import Window, format_time

MAX_NAMED = 8
"""Reasons and windows that are printed of each."""


class AcceptWeeksOptions(NamedTuple):
    """The options of the command, as given."""

    config: str
    model: str
    version: int
    baseline: str
    profiles: str
    out: str
    until: str | None = None
    yes: bool = False


def accept_weeks(options: AcceptWeeksOptions) -> list[str]:
    """Show four live weeks; with ``yes`` write their hour-of-week profile and who accepted it.

    The record of the acceptance is written first, so that no profile is in use that nobody has
    accepted.

    Args:
        options: The command's options, as given.
    Returns:
        Lines to print: the weeks, their verdict, the replay, and what was written.
    Raises:
        ConfigError: driftloop.yaml is invalid.
        InputError: A file is missing or can't be read, there are fewer than four whole weeks, or
            the baseline has an hour-of-week profile from its training data.
    Example:
        >>> accept_weeks(AcceptWeeksOptions("driftloop.yaml", "rentals", 2, "v2.baseline",
        ...     "profiles", "seasonality/rentals/v2.seasonality"))  # doctest: +SKIP
        ['rentals version 2: 2026-03-02T06:00:00Z to 2026-03-30T06:00:00Z', ...]
    """
    model = get_model(read_config(options.config), options.model, options.config)
    baseline = read_baseline(options.baseline, model.schema_)
    if baseline.seasonality_bytes is not None:
        raise InputError(
            f"{options.baseline}: this baseline has an hour-of-week profile from its training data;"
            " there is nothing to accept"
        )
    weeks, seasonality = _evaluate_weeks(options, model, baseline)
    lines = acceptance_text(weeks)
    if not options.yes:
        return [
            *lines,
            "Nothing is written yet. If these weeks show normal traffic, repeat the command with"
            " --yes.",
        ]
    record = {**weeks, **_signature(options)}
    write_bytes(f"{options.out}.json", _to_json(record))
    write_bytes(options.out, seasonality)
    return [
        *lines,
        f"accepted by {record['accepted_by']}; written: {options.out}, {options.out}.json",
    ]


def _evaluate_weeks(
    options: AcceptWeeksOptions, model: ModelSettings, baseline: Baseline
) -> tuple[dict[str, Any], bytes]:
    """What a person should know before accepting the weeks, and their hour-of-week profile."""
    hours = model.monitoring.window_hours
    length = timedelta(hours=hours)
    stored = list_profiles(options.profiles)
    until = None if options.until is None else parse_time_option("--until", options.until)
    span = complete_weeks(stored, length, until)
    chosen = within(stored, span, length)
    policy = DriftPolicy.from_settings(model)
    windows = list(read_profiles(chosen))
    seasonality = HourOfWeekProfile.from_profiles(baseline, windows, hours)
    adjustments = cross_fit_adjustments(baseline, seasonality, policy, hours)
    total = sum((profile for _, profile in windows), Profile.empty(baseline))
    report = build_report(
        baseline, total, window=span, policy=policy, model=options.model, version=options.version
    )
    weeks = {
        "model": options.model,
        "version": options.version,
        "baseline": baseline.fingerprint,
        "window": span.to_dict(),
        "weeks": _records_by_week(windows, span),
        "missing_windows": _missing_windows(chosen, span, length),
        "verdict": report.verdict,
        "reasons": list(report.reasons),
        "replay": dict(adjustments.replay),
        "adjustments": {
            name: asdict(adjustment) for name, adjustment in adjustments.window.items()
        },
    }
    return weeks, seasonality.with_adjustments(adjustments).to_bytes()


def _records_by_week(windows: list[tuple[datetime, Profile]], span: Window) -> list[dict[str, Any]]:
    """Records of each week, counted back from the end as the hour-of-week profile counts them."""
    weeks = []
    end = span.end
    while end > span.start:
        start = max(span.start, end - timedelta(weeks=1))
        records = sum(profile.records for at, profile in windows if start <= at < end)
        weeks.append({"start": format_time(start), "end": format_time(end), "records": records})
        end = start
    return weeks[::-1]


def _missing_windows(
    chosen: list[StoredWindowProfile], span: Window, length: timedelta
) -> list[str]:
    present = [Window(start, start + length) for start in {item.start for item in chosen}]
    return [window.label for window in missing_windows(span, present, length, span.start)]


def _signature(options: AcceptWeeksOptions) -> dict[str, str]:
    """Who accepts (the AWS identity for S3, else the user of this machine), and when."""
    accepted_at = datetime.now(UTC).replace(microsecond=0)
    accepted_by = caller_arn() if is_s3_uri(options.out) else getpass.getuser()
    return {"accepted_by": accepted_by, "accepted_at": format_time(accepted_at)}


def _to_json(record: dict[str, Any]) -> bytes:
    text = json.dumps(record, sort_keys=True, indent=2, allow_nan=False, ensure_ascii=False)
    return f"{text}\n".encode()


_ADJUSTMENT_LABELS = {
    "design_effect": "design effect",
    "min_effect_multiplier": "minimum effect size multiplier",
}


def acceptance_text(weeks: Mapping[str, Any]) -> list[str]:
    """The weeks for a terminal: records, missing windows, verdict, and the replay's alarms."""
    return [*_weeks_text(weeks), *_verdict_text(weeks), *_replay_text(weeks)]


def _weeks_text(weeks: Mapping[str, Any]) -> Iterator[str]:
    window = weeks["window"]
    yield f"{weeks['model']} version {weeks['version']}: {window['start']} to {window['end']}"
    for week in weeks["weeks"]:
        yield f"  from {week['start']}: {week['records']:,} records"
    yield f"  windows missing: {_list_labels(weeks['missing_windows']) or 'none'}"


def _verdict_text(weeks: Mapping[str, Any]) -> Iterator[str]:
    yield f"all weeks compared with the training data: {weeks['verdict']}"
    for reason in weeks["reasons"][:MAX_NAMED]:
        yield f"  {reason}"
    rest = len(weeks["reasons"]) - MAX_NAMED
    if rest > 0:
        yield f"  and {rest} more"
    if weeks["verdict"] != "stable":
        yield (
            "  Once these weeks are accepted, they are the reference, and this is no longer drift."
            " Do not accept them if something is wrong with them."
        )


def _replay_text(weeks: Mapping[str, Any]) -> Iterator[str]:
    replay = weeks["replay"]
    yield f"the rule replayed over these {replay['windows']:,} windows, before → after:"
    yield f"  windows drifted: {replay['drifted_before']:,} → {replay['drifted_after']:,}"
    yield (
        f"  alarms: {replay['alarms_before']:,} → {replay['alarms_after']:,}"
        f" ({replay['held_out_alarms']:,} where each week is held out of its own adjustments)"
    )
    for field in ("design_effect", "min_effect_multiplier"):
        yield f"  {_largest_adjustment(weeks, field)}"


def _largest_adjustment(weeks: Mapping[str, Any], field: str) -> str:
    """The column with the largest value of one field of the adjustments."""
    label = _ADJUSTMENT_LABELS[field]
    values = {name: adjustment[field] for name, adjustment in weeks["adjustments"].items()}
    if not values:
        return f"{label}: no column is analyzed"
    name = max(sorted(values), key=lambda column: values[column])
    return f"{label} up to {values[name]:.1f} ({name})"


def _list_labels(labels: list[str]) -> str:
    rest = len(labels) - MAX_NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return f"{', '.join(labels[:MAX_NAMED])}{more}"
