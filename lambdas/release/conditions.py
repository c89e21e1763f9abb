"""Conditions of writes: a version is as it was read.

A person's decision that is recorded meanwhile makes the write a conflict. The delivery that has
recorded it carries out what follows, so that neither is lost.
"""

import msgspec
from boto3.dynamodb.conditions import Attr, ConditionBase

from driftloop.contract.ledger_items import ChampionItem, VersionItem
from driftloop.release.next_action import Version
from driftloop.window import format_time


def same_decision(item: VersionItem | None) -> ConditionBase:
    """The version has the status and the decision that were read; None: the ledger lacks it."""
    decided = format_time(item.decided_at) if item and item.decided_at else None
    return (
        _same("model_approval_status", item.model_approval_status if item else None)
        & _same("decided_at", decided)
        & _same("status", item.status if item else None)
    )


def same_version(version: Version) -> ConditionBase:
    """As :func:`same_decision`, of a version as the next action was determined from it."""
    decided = format_time(version.approved_at) if version.approved_at else None
    return _same("status", str(version.status)) & _same("decided_at", decided)


def same_champion(item: ChampionItem) -> ConditionBase:
    """The champion, its endpoint, and whether that was found are as they were read."""
    created, missing = item.endpoint_created_at, item.endpoint_missing_since
    return (
        Attr("endpoint_config_name").eq(item.endpoint_config_name)
        & _same("endpoint_created_at", msgspec.to_builtins(created))
        & _same("endpoint_missing_since", msgspec.to_builtins(missing))
    )


def _same(name: str, value: str | None) -> ConditionBase:
    return Attr(name).eq(value) if value is not None else Attr(name).not_exists()
