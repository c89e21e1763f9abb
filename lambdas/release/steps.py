"""Carries out what the policy says, step by step, until there is nothing left to do."""

from driftloop.policy import release as policy
from driftloop.policy.deployment import Settings
from lambdas.aws.ledger import ConflictError
from lambdas.release.adopt import adopt
from lambdas.release.awaiting import await_endpoint
from lambdas.release.begin import begin, request_update
from lambdas.release.finish import clean_up, finish
from lambdas.release.gathering import UNDERWAY, gather
from lambdas.release.room import Room
from lambdas.release.scaling import adjust_scaling

_MOST_STEPS = 8


def run(room: Room, settings: Settings, *, reconcile: bool) -> list[str]:
    """Names of the actions taken, the last one being the rest that was found."""
    taken: list[str] = []
    for _ in range(_MOST_STEPS):
        action = policy.next_action(gather(room, settings))
        taken.append(type(action).__name__)
        if isinstance(action, policy.Rest):
            if action.why == policy.NOTHING_OPEN:
                adjust_scaling(room, settings)
            break
        if isinstance(action, policy.CleanUp) and not _is_ours(room, reconcile=reconcile):
            break
        try:
            _carry_out(room, action, settings)
        except ConflictError:
            taken.append("Overtaken")  # another delivery does it
            break
    return taken


def _carry_out(room: Room, action: policy.Action, settings: Settings) -> None:
    if isinstance(action, policy.Adopt):
        adopt(room, settings)
    elif isinstance(action, policy.AwaitEndpoint):
        await_endpoint(room, action.version)
    elif isinstance(action, policy.Start):
        begin(room, action, settings)
    elif isinstance(action, policy.Resume):
        request_update(room)
    elif isinstance(action, policy.Finish):
        finish(room, action.outcome)
    elif isinstance(action, policy.CleanUp):
        clean_up(room, settings)


def _is_ours(room: Room, *, reconcile: bool) -> bool:
    """Whoever wrote the outcome down cleans up; its retry or the reconciler where it died."""
    item = room.ledger.get(UNDERWAY) or {}
    return reconcile or item.get("finished_by") == room.event
