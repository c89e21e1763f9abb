"""Carries out the next action of a release, one after the other, until there is none."""

from driftloop.contract.ledger_items import ReleaseItem
from driftloop.release import next_action as policy
from driftloop.release.deployment import ServingSettings
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import ConflictError
from lambdas.release.adopt import adopt_serving_version
from lambdas.release.autoscaling import update_scaling
from lambdas.release.finish import clean_up, finish_release
from lambdas.release.notifications import request_first_deployment
from lambdas.release.start import request_update, start_release
from lambdas.release.state import load_state

_MAX_ACTIONS = 8
"""Actions of one invocation: more than any release needs, so that a defect can't loop forever."""


def run(
    context: ModelContext, settings: ServingSettings, event_id: str, *, reconcile: bool
) -> list[str]:
    """Carry out actions until none is left; return their names.

    ``event_id`` identifies the delivery: the one that records an outcome also cleans up after it.
    """
    taken: list[str] = []
    for _ in range(_MAX_ACTIONS):
        action = policy.next_action(load_state(context, settings))
        taken.append(type(action).__name__)
        if isinstance(action, policy.NoAction):
            if action.reason == policy.NO_RELEASE_REQUIRED:
                update_scaling(context, settings)
            break
        cleans_up = isinstance(action, policy.CleanUp)
        if cleans_up and not _can_clean_up(context, event_id, reconcile=reconcile):
            break
        try:
            _carry_out(context, action, settings, event_id)
        except ConflictError:
            taken.append("Conflict")  # another delivery carries the action out
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


def _can_clean_up(context: ModelContext, event_id: str, *, reconcile: bool) -> bool:
    """Only the event that recorded the outcome cleans up; its retry, or reconcile, if it failed."""
    release = context.ledger.get(ReleaseItem)
    return reconcile or (release is not None and release.finished_by == event_id)
