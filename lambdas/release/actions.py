"""Carries out the next action of a release, one after the other, until there is none."""

from dataclasses import dataclass

from driftloop.release import next_action as policy
from driftloop.release.deployment import ServingSettings
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import ConflictError
from lambdas.release.adopt import adopt_serving_version, notify_adoption
from lambdas.release.approvals import supersede_approvals
from lambdas.release.autoscaling import update_scaling
from lambdas.release.finish import finish_release, give_up_release, supersede_release
from lambdas.release.missing_endpoint import record_missing_endpoint
from lambdas.release.notifications import request_endpoint
from lambdas.release.publish import publish_completed_releases
from lambdas.release.start import record_update, request_update, start_release
from lambdas.release.state import load_state

_MAX_ACTIONS = 8
"""Actions of one invocation: more than any release needs: a defect can't loop without end."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of an event; ``reconcile``: of the hourly check for lost events."""

    event_id: str
    reconcile: bool


def run(context: ModelContext, settings: ServingSettings, delivery: Delivery) -> list[str]:
    """Carry out actions until none is left, then publish what they led to; return their names.

    An action that fails does not keep an ended release from being published, and the other way
    round.
    """
    try:
        return _carry_out_all(context, settings, delivery)
    finally:
        try:
            notify_adoption(context)
        finally:
            publish_completed_releases(context, delivery.event_id, reconcile=delivery.reconcile)


def _carry_out_all(
    context: ModelContext, settings: ServingSettings, delivery: Delivery
) -> list[str]:
    taken: list[str] = []
    for _ in range(_MAX_ACTIONS):
        action = policy.next_action(load_state(context, settings))
        taken.append(type(action).__name__)
        if isinstance(action, policy.NoAction):
            if action.is_settled:
                update_scaling(context, settings, hourly=delivery.reconcile)
            break
        try:
            _carry_out(context, action, settings, delivery)
        except ConflictError:
            taken.append("Conflict")  # another delivery carries the action out
            break
    return taken


def _carry_out(
    context: ModelContext,
    action: policy.Action,
    settings: ServingSettings,
    delivery: Delivery,
) -> None:
    if isinstance(action, policy.AdoptChampion):
        adopt_serving_version(context, settings)
    elif isinstance(action, policy.RecordMissingEndpoint):
        record_missing_endpoint(context)
    elif isinstance(action, policy.AwaitEndpoint):
        request_endpoint(context, action.version)
    elif isinstance(action, policy.StartRelease):
        start_release(context, action, settings, delivery.event_id)
    elif isinstance(action, policy.SupersedeApprovals):
        supersede_approvals(context, action)
    elif isinstance(action, policy.ResumeRelease):
        request_update(context, settings, action.endpoint_modified_at, delivery.event_id)
    elif isinstance(action, policy.RecordUpdate):
        record_update(context)
    elif isinstance(action, policy.RefuseRelease):
        give_up_release(context, action, delivery.event_id)
    elif isinstance(action, policy.SupersedeRelease):
        supersede_release(context, action, delivery.event_id)
    elif isinstance(action, policy.FinishRelease):
        finish_release(context, action, delivery.event_id)
