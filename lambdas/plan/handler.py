"""Writes the manifest of one window: the batches to read, each with a list of captured objects."""

import hashlib
from typing import Any

import msgspec
from aws_lambda_powertools import Logger

from driftloop.analysis_plan import earlier_windows
from driftloop.contract import s3_keys
from driftloop.contract.events import decode_payload
from driftloop.contract.ledger_items import WindowCountItem
from driftloop.contract.payloads import AnalysisInput
from driftloop.errors import InputError
from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.context import open_ledger
from lambdas.aws.fleet import load_models
from lambdas.aws.ledger import Ledger
from lambdas.aws.storage import Bucket, canonical_json
from lambdas.aws.transient_errors import named_transient_errors
from lambdas.aws.window_counts import change_item, counted_objects, stored_plan
from lambdas.plan.capture_listing import Listing
from lambdas.plan.live_versions import LiveVersion, live_versions, serving
from lambdas.plan.manifest import AnalysisRun, Counted, make_plan

logger = Logger()


@named_transient_errors
def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """Plan an :class:`AnalysisInput`; returns ``{"manifest", "batches", "versions"}``.

    The plan is made once and stored: a retry, or a redrive days later, gets the same batches.
    """
    given = decode_payload(AnalysisInput, event)
    run = AnalysisRun(given.model, given.window, given.revision)
    analysis = Bucket(aws.client("s3"), aws.setting("ANALYSIS_BUCKET"))
    plan = _stored_plan(run, analysis, aws)
    key = s3_keys.manifest(run.model, run.window.label, run.revision)
    analysis.put_json(key, plan["items"])
    logger.info("planned", model=run.model, window=run.window.label, batches=len(plan["items"]))
    return {
        "manifest": {"bucket": analysis.name, "key": key},
        "batches": len(plan["items"]),
        "versions": plan["versions"],
    }


def _stored_plan(run: AnalysisRun, analysis: Bucket, aws: AwsClients) -> dict[str, Any]:
    """The plan that the ledger names: of several deliveries at once, the first one's.

    Raises:
        InputError: The plan of this revision was made, and has expired.
    """
    label, revision = run.window.label, str(run.revision)
    ledger = open_ledger(aws, run.model)

    def register(found: WindowCountItem | None) -> WindowCountItem | None:
        if found is not None and revision in found.planned:
            return None
        text = canonical_json(_plan(run, ledger, analysis, aws))
        digest = hashlib.sha256(text).hexdigest()[:16]
        analysis.put(s3_keys.plan(run.model, label, run.revision, digest), text)
        if found is None:
            return WindowCountItem(label=label, window=run.window, planned={revision: digest})
        return msgspec.structs.replace(found, planned={**found.planned, revision: digest})

    item = change_item(ledger, label, register)
    if item is None:
        raise TypeError("a planned window has an item")
    plan = stored_plan(analysis, run.model, item, run.revision)
    if plan is None:
        raise InputError(
            f"the plan of revision {revision} of window {label} has expired: start the analysis"
            " with a new revision"
        )
    return plan


def _plan(run: AnalysisRun, ledger: Ledger, analysis: Bucket, aws: AwsClients) -> dict[str, Any]:
    models = load_models(aws)
    model = models.model(run.model)
    span = run.span(model.monitoring.allowed_lateness_hours)
    versions = live_versions(ledger, span)
    listing = Listing(
        capture=Bucket(aws.client("s3"), aws.setting("CAPTURE_BUCKET")),
        analysis=analysis,
        work=run.work,
        model=run.model,
        endpoint=models.names.resource(run.model),
    )
    return make_plan(
        run,
        versions=versions,
        listing=listing,
        counted=_counted(run, ledger, analysis, model.monitoring.allowed_lateness_hours, versions),
        allowed_lateness_hours=model.monitoring.allowed_lateness_hours,
        payload_mapping=model.payload_mapping,
        entity=model.entity,
    )


def _counted(
    run: AnalysisRun,
    ledger: Ledger,
    analysis: Bucket,
    allowed_lateness_hours: int,
    versions: list[LiveVersion],
) -> Counted:
    """What counts for each earlier window that was planned, by label and version.

    Without windows whose plan has expired: the time in which their files could be late is over.
    """
    counted = {}
    for window in earlier_windows(run.window, allowed_lateness_hours):
        item = ledger.get(WindowCountItem, window.label)
        if item is None or item.window != window:
            continue
        numbers = [version.version for version in serving(versions, window)]
        found = {
            number: objects
            for number in numbers
            if (objects := counted_objects(analysis, run.model, item, number)) is not None
        }
        if len(found) == len(numbers):
            counted[window.label] = found
    return counted
