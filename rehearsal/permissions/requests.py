"""Recorded authorization requests, without what differs from one rehearsal to the next."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from rehearsal.ministack.policy_evaluation import AuthorizationRequest
from rehearsal.permissions.names import Names
from rehearsal.resolved_templates import ResolvedStacks

STORED = Path(__file__).with_name("requests.jsonl")
"""The requests of one rehearsal, one of each kind; ``--renew`` writes them anew."""


def to_line(request: AuthorizationRequest) -> str:
    """Return a request as one line of JSON."""
    return json.dumps(asdict(request), sort_keys=True)


def read_requests(path: Path = STORED) -> list[AuthorizationRequest]:
    """Read stored requests."""
    lines = path.read_text().splitlines()
    return [AuthorizationRequest(**json.loads(line)) for line in lines]


def write_requests(requests: Iterable[AuthorizationRequest], path: Path = STORED) -> None:
    """Write requests, sorted."""
    lines = sorted(to_line(request) for request in requests)
    path.write_text("".join(f"{line}\n" for line in lines))


def read_recording(
    path: Path, stacks: ResolvedStacks, keys: set[str]
) -> list[AuthorizationRequest]:
    """Read the allowed requests of the stacks' roles and of services, in the stacks' names.

    Args:
        path: The file ``authorizations.jsonl`` of the rehearsal, or that of the handler tests. The
            latter has ``function:<folder>`` for a role and ``resource:<logical ID>`` for an ARN.
        stacks: The stacks that the rehearsal deployed, for its account.
        keys: The condition keys to keep, in lower case.
    """
    names = Names(stacks)
    found: dict[str, AuthorizationRequest] = {}
    for line in path.read_text().splitlines():
        record = json.loads(line)
        if record["decision"] != "allowed":
            continue
        context = {
            key: names.shorten(value) if isinstance(value, str) else value
            for key, value in record["context"].items()
            if key.lower() in keys
        }
        request = AuthorizationRequest(
            names.shorten(record["principal"]),
            record["action"],
            names.shorten(record["resource"]),
            context,
        )
        if request.is_of_service or request.principal in names.roles:
            found[to_line(request)] = request
    return list(found.values())
