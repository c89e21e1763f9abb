"""Stores the analysis of a window or day: the report as JSON and HTML, and an item in the ledger.

The profile of a window is stored too: days are sums of stored profiles.
"""

import msgspec
from boto3.dynamodb.conditions import Attr

from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import VerdictItem
from driftloop.html.render import render_report
from driftloop.profile import Profile
from lambdas.aws.context import AnalysisContext
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Put
from lambdas.detect.analyzed_window import AnalyzedWindow


def store(context: AnalysisContext, window: AnalyzedWindow) -> bool:
    """Store an analyzed window; False if its result, or that of a newer revision, is published."""
    existing = context.ledger.get(window.item_type, window.version, window.label)
    if existing is not None and _is_published(existing, context):
        return False
    store_report(context, window)
    if existing is not None and existing.revision == context.revision:
        return True
    return store_verdict(context, ledger_item(context, window))


def store_profile(context: AnalysisContext, version: int, profile: Profile) -> None:
    """Store the window's profile under its revision; the ledger says which revision counts."""
    key = s3_keys.profile(context.name, version, context.window.label, context.revision)
    context.analysis_bucket.put(key, profile.to_bytes())


def _is_published(existing: VerdictItem, context: AnalysisContext) -> bool:
    is_newer = existing.revision > context.revision
    return is_newer or (existing.revision == context.revision and existing.notified)


def store_report(context: AnalysisContext, window: AnalyzedWindow) -> None:
    """Store the report as JSON and HTML, under keys that contain the revision."""
    context.analysis_bucket.put(
        report_key(context, window, "json"), window.report.to_json(), "application/json"
    )
    page = render_report(window.report, window.history)
    context.analysis_bucket.put(
        report_key(context, window, "html"), page.encode(), "text/html; charset=utf-8"
    )


def store_verdict(context: AnalysisContext, item: VerdictItem) -> bool:
    """Write the verdict; False if the ledger has that of a newer revision."""
    older = ITEM_ABSENT | Attr("revision").lte(context.revision)
    try:
        context.ledger.write(Put(item, older))
    except ConflictError:
        return False
    return True


def mark_notified(context: AnalysisContext, window: AnalyzedWindow) -> None:
    """Record that the result is published; the item of a newer revision stays."""
    notified = msgspec.structs.replace(ledger_item(context, window), notified=True)
    try:
        context.ledger.write(Put(notified, Attr("revision").eq(context.revision)))
    except ConflictError:
        return


def ledger_item(context: AnalysisContext, window: AnalyzedWindow) -> VerdictItem:
    """The item that the ledger stores."""
    return window.to_item(context, report_key(context, window, "json"))


def report_key(context: AnalysisContext, window: AnalyzedWindow, suffix: str) -> str:
    """The report's key in the analysis bucket; ``suffix`` is ``json`` or ``html``."""
    return s3_keys.report(context.name, window.version, window.label, context.revision, suffix)
