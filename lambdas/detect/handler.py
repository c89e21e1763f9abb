"""Judges a window: adds the batches up, compares, keeps the report, tells the rest of the loop."""

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger

from driftloop.contract.events import decode_payload
from driftloop.contract.payloads import AnalysisInput
from driftloop.profile import Profile
from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.context import AnalysisContext
from lambdas.aws.fleet import load_models
from lambdas.detect.analyzed_window import AnalyzedWindow, analyze_version
from lambdas.detect.batch_profiles import store_late_profiles, sum_batches
from lambdas.detect.daily import analyze_day
from lambdas.detect.persistent_drift import persistent_drift
from lambdas.detect.publish import Publication, publish, publish_model
from lambdas.detect.store import store

logger = Logger()


def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """``{"input": the execution's input, "plan": plan's output}`` to one report per version.

    Raises IncompleteError where a batch has not answered. Everything is written under names and
    with contents that come from the input, so that a retry gives the same bytes; what has been
    told is noted, and not told again.
    """
    context = _load_context(event["input"], aws)
    plan = event["plan"]
    items = json.loads(context.analysis_bucket.get(plan["manifest"]["key"]))
    sums = sum_batches(context.analysis_bucket, items, plan["batches"])
    late = store_late_profiles(context.analysis_bucket, items, plan["absorbed"])
    heard = [version for version in plan["versions"] if _has_traffic(version, sums)]
    judged = [analyze_version(context, version, sums, late) for version in heard]
    news = [_news(context, result) for result in judged if store(context, result)]
    if news or not judged:
        publish_model(context, judged, news)
    for item in news:
        publish(context, item)
    logger.info("judged", model=context.name, verdicts=[result.verdict for result in judged])
    return {"verdicts": {str(result.version): result.verdict for result in judged}}


def _has_traffic(version: dict[str, Any], sums: Mapping[int, Profile]) -> bool:
    """Whether there is a window to speak of: of a version that has retired there need not be."""
    found = sums.get(version["version"])
    return not version.get("retired") or (found is not None and found.line_counts.requests > 0)


def _news(context: AnalysisContext, judged: AnalyzedWindow) -> Publication:
    return Publication(
        judged, analyze_day(context, judged), persistent_drift(context, judged.version)
    )


def _load_context(work: dict[str, Any], aws: AwsClients) -> AnalysisContext:
    given = decode_payload(AnalysisInput, work)
    return AnalysisContext.load_window(
        aws,
        load_models(aws),
        given.model,
        given.as_of,
        window=given.window,
        revision=given.revision,
    )
