"""Writes the manifest of one window: the captured objects to read, in batches."""

import json
from typing import Any

from aws_lambda_powertools import Logger

from driftloop.contract import s3_keys
from driftloop.contract.events import decode_payload
from driftloop.contract.payloads import AnalysisInput
from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.context import open_ledger
from lambdas.aws.fleet import load_models
from lambdas.aws.storage import Bucket
from lambdas.aws.transient_errors import named_transient_errors
from lambdas.plan.capture_listing import Listing
from lambdas.plan.live_versions import live_versions
from lambdas.plan.manifest import AnalysisRun, make_plan

logger = Logger()


@named_transient_errors
def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """Plan an :class:`AnalysisInput`; returns ``{"manifest", "batches", "versions", "absorbed"}``.

    The plan is made once and stored: a retry, or a redrive days later, gets the same batches.
    """
    given = decode_payload(AnalysisInput, event)
    run = AnalysisRun(given.model, given.window, given.revision)
    analysis = Bucket(aws.client("s3"), aws.setting("ANALYSIS_BUCKET"))
    stored = f"{s3_keys.work(run.model, run.window.label, run.revision)}plan.json"
    text = analysis.find(stored)
    if text is None:
        plan = _plan(run, analysis, aws)
        analysis.put_json(stored, plan)
    else:
        plan = json.loads(text)
    key = s3_keys.manifest(run.model, run.window.label, run.revision)
    analysis.put_json(key, plan["items"])
    logger.info("planned", model=run.model, window=run.window.label, batches=len(plan["items"]))
    return {
        "manifest": {"bucket": analysis.name, "key": key},
        "batches": len(plan["items"]),
        "versions": plan["versions"],
        "absorbed": plan["absorbed"],
    }


def _plan(run: AnalysisRun, analysis: Bucket, aws: AwsClients) -> dict[str, Any]:
    models = load_models(aws)
    model = models.model(run.model)
    span = run.span(model.monitoring.allowed_lateness_hours)
    ledger = open_ledger(aws, run.model)
    capture = Bucket(aws.client("s3"), aws.setting("CAPTURE_BUCKET"))
    return make_plan(
        run,
        versions=live_versions(ledger, span),
        listing=Listing(capture, run.model, models.names.resource(run.model)),
        others=run.other_manifests(analysis, model.monitoring.allowed_lateness_hours),
        allowed_lateness_hours=model.monitoring.allowed_lateness_hours,
        prediction_key=model.prediction_key,
        entity=model.entity,
    )
