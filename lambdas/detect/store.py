"""What is kept of a judged window or day: report as JSON and HTML, one item in the ledger; of a
window its profile too, since longer spans are sums of those.
"""

import msgspec
from boto3.dynamodb.conditions import Attr

from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import VerdictItem
from driftloop.html.render import render_report
from lambdas.aws.context import AnalysisContext
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Put
from lambdas.detect.analyzed_window import AnalyzedWindow


def store(context: AnalysisContext, judged: AnalyzedWindow) -> bool:
    """Keep everything; False where people and the loop have been told of it already."""
    known = context.ledger.get(judged.item_type, judged.version, judged.label)
    if known is not None and (known.revision > context.revision or _is_notified(known, context)):
        return False
    store_report(context, judged)
    profile = s3_keys.profile(context.name, judged.version, judged.label)
    context.analysis_bucket.put(profile, judged.profile.to_bytes())
    if known is not None and known.revision == context.revision:
        return True
    return store_verdict(context, ledger_item(context, judged))


def _is_notified(known: VerdictItem, context: AnalysisContext) -> bool:
    return known.revision == context.revision and known.notified


def store_report(context: AnalysisContext, judged: AnalyzedWindow) -> None:
    """The report in both forms, under keys with the revision."""
    context.analysis_bucket.put(
        report_key(context, judged, "json"), judged.report.to_json(), "application/json"
    )
    page = render_report(judged.report, judged.history)
    context.analysis_bucket.put(
        report_key(context, judged, "html"), page.encode(), "text/html; charset=utf-8"
    )


def store_verdict(context: AnalysisContext, item: VerdictItem) -> bool:
    """Write the verdict; False if the ledger has that of a newer revision."""
    older = ITEM_ABSENT | Attr("revision").lte(context.revision)
    try:
        context.ledger.write(Put(item, older))
    except ConflictError:
        return False
    return True


def mark_notified(context: AnalysisContext, judged: AnalyzedWindow) -> None:
    """Record that the result is published; the item of a newer revision stays."""
    notified = msgspec.structs.replace(ledger_item(context, judged), notified=True)
    try:
        context.ledger.write(Put(notified, Attr("revision").eq(context.revision)))
    except ConflictError:
        return


def ledger_item(context: AnalysisContext, judged: AnalyzedWindow) -> VerdictItem:
    """The item that the ledger stores."""
    return judged.to_item(context, report_key(context, judged, "json"))


def report_key(context: AnalysisContext, judged: AnalyzedWindow, suffix: str) -> str:
    """Where the report lies in the analysis bucket."""
    return s3_keys.report(context.name, judged.version, judged.label, context.revision, suffix)
