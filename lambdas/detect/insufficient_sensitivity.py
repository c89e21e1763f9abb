"""Notifies people of columns in which changes of the required size can't be found.

It is no alarm: nothing has happened. People are notified once per version and column.
"""

from driftloop.contract.ledger_items import InsufficientSensitivityItem
from driftloop.report.sensitivity_text import findings
from lambdas.aws.context import AnalysisContext
from lambdas.aws.ledger import ConflictError, Put
from lambdas.aws.publishing import notify
from lambdas.detect.analyzed_window import AnalyzedWindow

_MAX_COLUMNS = 100
"""Columns of one notification, which are recorded in one transaction: all or none, so that a
notification that was not recorded is repeated with its ID. The next window's names the rest.
Source: Amazon DynamoDB API reference, TransactWriteItems, TransactItems."""


def notify_of_insufficient_sensitivity(context: AnalysisContext, window: AnalyzedWindow) -> None:
    """Notify of the columns of a version that the ledger does not have yet, and record them."""
    insufficient = [column for column in window.report.sensitivity if column.insufficient]
    if not insufficient:
        return
    recorded = context.ledger.query(InsufficientSensitivityItem, window.version)
    known = {item.column for item in recorded}
    found = [column for column in insufficient if column.column not in known][:_MAX_COLUMNS]
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
    items = [
        InsufficientSensitivityItem(
            version=window.version,
            column=column.column,
            required=column.required or 0.0,
            found_at=context.as_of,
        )
        for column in found
    ]
    try:
        context.ledger.write(*map(Put, items))
    except ConflictError:
        return  # another window's analysis is recording them
