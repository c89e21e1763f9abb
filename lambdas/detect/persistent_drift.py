"""The persistent drift of a version: what its alarms and its event report."""

from dataclasses import dataclass
from datetime import datetime

from driftloop.contract.ledger_items import ChampionItem, DayItem, VerdictItem, WindowItem
from driftloop.detection import DriftPolicy, WindowOutcome, WindowVerdict, persistent_columns
from driftloop.detection.decision_rule import PREDICTION_KEY
from driftloop.window import Window
from lambdas.aws.context import AnalysisContext
from lambdas.detect.analyzed_window import MAX_HISTORY, to_outcome

_MAX_DAYS = 7
"""Days in which the last conclusive one is searched: it counts until the next one."""


@dataclass(frozen=True, slots=True)
class PersistentDrift:
    """Drift as of the newest analyzed window, which may differ from the one analyzed last.

    ``columns`` drifted in M of the last N analyzed windows; ``day`` is the last analyzed day if it
    drifted, and ``day_columns`` are its drifted columns.
    """

    newest: Window
    columns: tuple[str, ...]
    day: WindowOutcome | None
    day_columns: tuple[str, ...]

    @property
    def has_feature_drift(self) -> bool:
        """Whether drift of a feature or of a correlation is persistent."""
        return bool({*self.columns, *self.day_columns} - {PREDICTION_KEY})

    @property
    def has_prediction_drift(self) -> bool:
        """Whether drift of the predictions is persistent."""
        return PREDICTION_KEY in (*self.columns, *self.day_columns)


def persistent_drift(context: AnalysisContext, version: int) -> PersistentDrift | None:
    """The persistent drift in the ledger; None if no window has a conclusive verdict.

    Of the champion, only windows and days count that ended after its promotion, as in the gate.
    """
    since = _champion_since(context, version)
    windows = _conclusive(context, WindowItem, version, MAX_HISTORY, since)
    days = _conclusive(context, DayItem, version, _MAX_DAYS, since)
    if not windows and not days:
        return None
    policy = DriftPolicy.from_settings(context.settings)
    day = days[-1] if days and days[-1].verdict == WindowVerdict.DRIFTED else None
    return PersistentDrift(
        newest=max(one.window for one in windows or days),
        columns=persistent_columns(windows, policy),
        day=day,
        day_columns=day.drifted_columns if day else (),
    )


def _conclusive(
    context: AnalysisContext,
    item_type: type[VerdictItem],
    version: int,
    limit: int,
    since: datetime | None,
) -> list[WindowOutcome]:
    """The newest windows or days with a conclusive verdict, oldest first."""
    found = context.ledger.query(item_type, version, newest_first=True, limit=limit)
    outcomes = [to_outcome(item) for item in reversed(found)]
    return [
        one
        for one in outcomes
        if one.verdict.is_conclusive and (since is None or one.window.end > since)
    ]


def _champion_since(context: AnalysisContext, version: int) -> datetime | None:
    champion = context.ledger.get(ChampionItem)
    return champion.promoted_at if champion and champion.version == version else None
