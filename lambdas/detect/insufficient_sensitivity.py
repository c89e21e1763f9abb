"""Notifies people of columns in which changes of the required size can't be found.

It is no alarm: nothing has happened. People are notified once per version and column.
"""

from driftloop.contract.ledger_items import InsufficientSensitivityItem
from driftloop.report.sensitivity_text import findings
from lambdas.aws.context import AnalysisContext
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Put
from lambdas.aws.publishing import notify
from lambdas.detect.analyzed_window import AnalyzedWindow


def notify_of_insufficient_sensitivity(context: AnalysisContext, window: AnalyzedWindow) -> None:
    """Notify of the columns of a version that the ledger does not have yet, and record them."""
    insufficient = [column for column in window.report.sensitivity if column.insufficient]
    if not insufficient:
        return
    items = context.ledger.query(InsufficientSensitivityItem, window.version)
    known = {item.column for item in items}
    found = [column for column in insufficient if column.column not in known]
    if not found:
        return
    names = [column.column for column in found]
    notify(
        context.aws,
        f"driftloop: required sensitivity of {context.name} is not met",
        deduplication_id=context.deduplication_id(
            "insufficient sensitivity notification", window.version, *names
        ),
        what=f"Changes of the required size may stay unseen in version {window.version} of"
        f" {context.name}. You are notified once per version and column.",
        why=" ".join(f"{text}." for text in findings(found)),
        next_step="Decide whether a larger change may stay unseen, and set"
        " monitoring.required_sensitivity to it. Otherwise give more training days, or watch what"
        ' the feature causes, such as the prediction. See the section "What can be found" of the'
        " report.",
    )
    for column in found:
        item = InsufficientSensitivityItem(
            version=window.version,
            column=column.column,
            required=column.required or 0.0,
            found_at=context.as_of,
        )
        try:
            context.ledger.write(Put(item, ITEM_ABSENT))
        except ConflictError:
            continue  # another window's analysis has recorded it
