"""The periods in which a version served: a new one is added, and none is overwritten.

The windows of each period can be analyzed at any time: after a rollback, too, and if a version is
deployed a second time.
"""

from datetime import datetime
from typing import Any

from driftloop.contract.ledger_items import VersionItem
from driftloop.window import Window


def begin_period(version: VersionItem | None, start: datetime) -> dict[str, Any]:
    """Attributes with which a period begins; the caller removes ``serving_until``.

    A period whose end was never recorded ends now: its endpoint was deleted meanwhile.
    No period reaches into the next one.
    """
    if version is None or version.serving_from is None or version.serving_from >= start:
        return {"serving_from": start}
    end = min(version.serving_until or start, start)
    if end <= version.serving_from:  # events out of order: it received no requests
        return {"serving_from": start}
    last = Window(version.serving_from, end)
    return {"serving_from": start, "earlier_periods": (*version.earlier_periods, last)}


def end_rolled_back_period(version: VersionItem | None) -> dict[str, Any]:
    """Attributes with which the last period counts as rolled back, whatever follows it.

    The status of the version says so only until it is approved again.
    """
    if version is None or version.serving_from is None:
        return {}
    starts = {*version.rolled_back_starts, version.serving_from}
    return {"rolled_back_starts": tuple(sorted(starts))}


def undo_period(version: VersionItem | None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Attributes to set and to remove so that the last period has not begun."""
    if version is None or not version.earlier_periods:
        return {}, ("serving_from", "serving_until")
    *earlier, last = version.earlier_periods
    values = {"serving_from": last.start, "serving_until": last.end, "earlier_periods": earlier}
    return values, ()
