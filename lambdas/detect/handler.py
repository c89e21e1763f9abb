"""Analyzes a window: sums its batches, compares, stores the reports, publishes the results."""

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger

from driftloop.contract.events import decode_payload
from driftloop.contract.payloads import AnalysisInput
from driftloop.profile import Profile
from driftloop.window import parse_time
from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.context import AnalysisContext
from lambdas.aws.fleet import load_models
from lambdas.aws.transient_errors import named_transient_errors
from lambdas.detect.analyzed_window import AnalyzedWindow
from lambdas.detect.batch_profiles import sum_batches
from lambdas.detect.daily import analyze_day
from lambdas.detect.persistent_drift import persistent_drift
from lambdas.detect.publish import Publication, publish, publish_model
from lambdas.detect.store import store, store_profile
from lambdas.detect.usable_baselines import find_skipped_versions, load_baselines, record_unusable
from lambdas.detect.version_window import analyze_version
from lambdas.detect.window_count import commit_late_batches, commit_window

logger = Logger()


@named_transient_errors
def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """Write one report per version.

    Keys and contents depend on the input alone, so that a retry writes the same bytes. What was
    published is recorded, and not published again.

    Args:
        event: ``{"input": the execution's input, "plan": output of the plan function,
            "started_at": when the execution was started}``. An execution that was started before
            the state machine passed it has no ``started_at``.
        _context: Not used.
        aws: Clients and settings.

    Raises:
        IncompleteError: The profile of a batch is missing.
        UnusableBaselineError: The champion's baseline can't be used. Whatever can be analyzed
            without it is published.
    """
    context = _load_context(event, aws)
    plan = event["plan"]
    items = json.loads(context.analysis_bucket.get(plan["manifest"]["key"]))
    totals = sum_batches(
        context.analysis_bucket, items, plan["batches"], find_skipped_versions(context)
    )
    profiles, skipped = totals.profiles, totals.skipped
    late = commit_late_batches(context, items, skipped)
    versions = [version for version in plan["versions"] if _has_traffic(version, profiles)]
    baselines = load_baselines(context, versions, profiles, skipped)
    usable = [version for version in versions if version["version"] in baselines.usable]
    for version in usable:
        number = version["version"]
        empty = Profile.empty(baselines.usable[number])
        store_profile(context, number, profiles.get(number, empty))
    uncounted = {*skipped, *baselines.unusable}
    numbers = [version["version"] for version in plan["versions"]]
    commit_window(context, items, [number for number in numbers if number not in uncounted])
    analyzed = [
        analyze_version(context, version, baselines.usable[version["version"]], profiles, late)
        for version in usable
    ]
    publications = [_publication(context, one) for one in analyzed if store(context, one)]
    champions = [version["version"] for version in plan["versions"] if version["champion"]]
    errors = [error for number, error in baselines.unusable.items() if number in champions]
    if not errors and (publications or not analyzed):
        read = {item["version"] for item in items if item["purpose"] == "window"}
        are_all_counted = not read & baselines.unusable.keys()
        publish_model(context, analyzed, publications, are_all_counted=are_all_counted)
    for publication in publications:
        publish(context, publication)
    record_unusable(context, baselines.unusable, champions)
    logger.info(
        "analyzed",
        model=context.name,
        verdicts=[one.verdict for one in analyzed],
        unusable_baselines={str(key): str(why) for key, why in baselines.unusable.items()},
    )
    if errors:
        raise errors[0]
    return {"verdicts": {str(one.version): str(one.verdict) for one in analyzed}}


def _has_traffic(version: dict[str, Any], profiles: Mapping[int, Profile]) -> bool:
    """Whether the version is analyzed: one that no longer serves only if it had requests."""
    profile = profiles.get(version["version"])
    return not version.get("retired") or (profile is not None and profile.line_counts.requests > 0)


def _publication(context: AnalysisContext, window: AnalyzedWindow) -> Publication:
    return Publication(
        window, analyze_day(context, window), persistent_drift(context, window.version)
    )


def _load_context(event: dict[str, Any], aws: AwsClients) -> AnalysisContext:
    given = decode_payload(AnalysisInput, event["input"])
    started_at = event.get("started_at")
    return AnalysisContext.load_window(
        aws,
        load_models(aws),
        given.model,
        given.as_of,
        window=given.window,
        revision=given.revision,
        started_at=None if started_at is None else parse_time(started_at),
    )
