"""The persistent drift of a version: what its alarms and its event report."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from driftloop.contract.ledger_items import ChampionItem, DayItem, VerdictItem, WindowItem
from driftloop.detection import DriftPolicy, WindowOutcome, WindowVerdict, persistent_columns
from driftloop.detection.decision_rule import PREDICTION_KEY
from driftloop.window import Window
from lambdas.aws.context import AnalysisContext
from lambdas.detect.analyzed_window import MAX_HISTORY, to_outcome

_MAX_DAYS = 7
"""Days before the newest window in which the last conclusive one is searched: it counts until the
next one."""


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
    If more windows in a row are missing than the policy looks at, those before them do not count:
    while a month is analyzed at once, drift of its first days is not that of its last ones.
    """
    since = _champion_since(context, version)
    policy = DriftPolicy.from_settings(context.settings)
    recent = _outcomes(context, WindowItem, version, MAX_HISTORY)
    windows = _conclusive(_without_gap(recent, policy.evaluation_periods), since)
    last_days = _outcomes(context, DayItem, version, _MAX_DAYS)
    if recent:
        oldest = recent[0].window.end - timedelta(days=_MAX_DAYS)
        last_days = [one for one in last_days if one.window.end > oldest]
    days = _conclusive(last_days, since)
    if not windows and not days:
        return None
    day = days[-1] if days and days[-1].verdict == WindowVerdict.DRIFTED else None
    return PersistentDrift(
        newest=max(one.window for one in windows or days),
        columns=persistent_columns(windows, policy),
        day=day,
        day_columns=day.drifted_columns if day else (),
    )


def _outcomes(
    context: AnalysisContext, item_type: type[VerdictItem], version: int, limit: int
) -> list[WindowOutcome]:
    """The newest windows or days, newest first."""
    found = context.ledger.query(item_type, version, newest_first=True, limit=limit)
    return [to_outcome(item) for item in found]


def _without_gap(recent: Iterable[WindowOutcome], max_missing: int) -> Iterator[WindowOutcome]:
    """Yield windows, newest first, until more than ``max_missing`` in a row are not analyzed."""
    later: Window | None = None
    for one in recent:
        length = one.window.end - one.window.start
        if later is not None and later.start - one.window.end > max_missing * length:
            return
        later = one.window
        yield one


def _conclusive(
    newest_first: Iterable[WindowOutcome], since: datetime | None
) -> list[WindowOutcome]:
    """Those with a conclusive verdict that ended after ``since``, oldest first."""
    return [
        one
        for one in newest_first
        if one.verdict.is_conclusive and (since is None or one.window.end > since)
    ][::-1]


def _champion_since(context: AnalysisContext, version: int) -> datetime | None:
    champion = context.ledger.get(ChampionItem)
    return champion.promoted_at if champion and champion.version == version else None
