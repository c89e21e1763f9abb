"""Carries out what the policy says, step by step, until there is nothing left to do."""

from driftloop.release import next_action as policy
from driftloop.release.deployment import ServingSettings
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import ConflictError
from lambdas.release.adopt import adopt_serving_version
from lambdas.release.autoscaling import update_scaling
from lambdas.release.finish import clean_up, finish_release
from lambdas.release.notifications import request_first_deployment
from lambdas.release.start import request_update, start_release
from lambdas.release.state import UNDERWAY, load_state

_MAX_STEPS = 8


def run(
    context: ModelContext, settings: ServingSettings, event_id: str, *, reconcile: bool
) -> list[str]:
    """Carry out actions until none is left; returns their names.

    ``event_id`` identifies the delivery: the one that records an outcome also cleans up after it.
    """
    taken: list[str] = []
    for _ in range(_MAX_STEPS):
        action = policy.next_action(load_state(context, settings))
        taken.append(type(action).__name__)
        if isinstance(action, policy.NoAction):
            if action.reason == policy.NOTHING_OPEN:
                update_scaling(context, settings)
            break
        if isinstance(action, policy.CleanUp) and not _is_ours(
            context, event_id, reconcile=reconcile
        ):
            break
        try:
            _carry_out(context, action, settings, event_id)
        except ConflictError:
            taken.append("Overtaken")  # another delivery does it
            break
    return taken


def _carry_out(
    context: ModelContext, action: policy.Action, settings: ServingSettings, event_id: str
) -> None:
    if isinstance(action, policy.AdoptChampion):
        adopt_serving_version(context, settings)
    elif isinstance(action, policy.AwaitEndpoint):
        request_first_deployment(context, action.version)
    elif isinstance(action, policy.StartRelease):
        start_release(context, action, settings)
    elif isinstance(action, policy.ResumeRelease):
        request_update(context)
    elif isinstance(action, policy.FinishRelease):
        finish_release(context, action.outcome, event_id)
    elif isinstance(action, policy.CleanUp):
        clean_up(context, settings)


def _is_ours(context: ModelContext, event_id: str, *, reconcile: bool) -> bool:
    """Whoever wrote the outcome down cleans up; its retry or the reconciler where it died."""
    item = context.ledger.get(UNDERWAY) or {}
    return reconcile or item.get("finished_by") == event_id
