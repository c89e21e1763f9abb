"""What is kept of a judged window or day: report as JSON and HTML, one item in the ledger; of a
window its profile too, since longer spans are sums of those.
"""

from driftloop.contract import s3_keys
from driftloop.html.render import render_report
from lambdas.aws.context import AnalysisContext
from lambdas.aws.ledger import Condition, ConflictError, Put
from lambdas.detect.analyzed_window import AnalyzedWindow, Item


def store(context: AnalysisContext, judged: AnalyzedWindow) -> bool:
    """Keep everything; False where people and the loop have been told of it already."""
    known = context.ledger.get(judged.key)
    if known is not None and (known["revision"] > context.revision or _told(known, context)):
        return False
    store_report(context, judged)
    profile = s3_keys.profile(context.name, judged.version, judged.label)
    context.analysis_bucket.put(profile, judged.profile.to_bytes())
    if known is not None and known["revision"] == context.revision:
        return True
    return store_verdict(context, judged, ledger_item(context, judged))


def _told(known: Item, context: AnalysisContext) -> bool:
    return bool(known["revision"] == context.revision and known.get("told", False))


def store_report(context: AnalysisContext, judged: AnalyzedWindow) -> None:
    """The report in both forms, under keys with the revision."""
    context.analysis_bucket.put(
        report_key(context, judged, "json"), judged.report.to_json(), "application/json"
    )
    page = render_report(judged.report, judged.history)
    context.analysis_bucket.put(
        report_key(context, judged, "html"), page.encode(), "text/html; charset=utf-8"
    )


def store_verdict(context: AnalysisContext, judged: AnalyzedWindow, item: Item) -> bool:
    """Write the verdict down; False where a newer revision was, or this one in the meantime."""
    older = Condition(at_most={"revision": context.revision}, or_absent=True)
    try:
        context.ledger.write(Put(judged.key, item, older))
    except ConflictError:
        return False
    return True


def mark_notified(context: AnalysisContext, judged: AnalyzedWindow) -> None:
    """Note that the loop and people know; a newer revision, if there is one by now, stays."""
    told = {**ledger_item(context, judged), "told": True}
    try:
        context.ledger.write(
            Put(judged.key, told, Condition(equals={"revision": context.revision}))
        )
    except ConflictError:
        return


def ledger_item(context: AnalysisContext, judged: AnalyzedWindow) -> Item:
    """What the ledger keeps."""
    return judged.to_item(context, report_key(context, judged, "json"))


def report_key(context: AnalysisContext, judged: AnalyzedWindow, suffix: str) -> str:
    """Where the report lies in the analysis bucket."""
    return s3_keys.report(context.name, judged.version, judged.label, context.revision, suffix)
