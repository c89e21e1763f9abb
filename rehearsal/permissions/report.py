"""The table of permissions: what each is needed by."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal.ministack.policy_evaluation import AuthorizationRequest
from rehearsal.permissions.documented import find_documented, stale_rows
from rehearsal.permissions.policies import Grant, Permission, grants
from rehearsal.permissions.removal import Removals, one_of_each_kind, remove_each
from rehearsal.permissions.requests import read_recording, read_requests
from rehearsal.resolved_templates import Account, ResolvedStacks

REHEARSAL = Account(account="000000000000", region="us-east-1")
PARAMETERS = {
    "InitialModelPackageArn": "arn:aws:sagemaker:us-east-1:000000000000:model-package/a/1"
}
"""Creates the resources of an endpoint."""


@dataclass(frozen=True)
class Report:
    """All permissions of the templates, and what was found about them."""

    permissions: tuple[Permission, ...]
    removals: Removals

    @property
    def superfluous(self) -> list[Permission]:
        """Permissions that neither a request nor the documentation needs."""
        return [
            permission
            for permission in self.permissions
            if permission not in self.removals.denied and find_documented(permission) is None
        ]

    @property
    def superfluous_statements(self) -> list[tuple[str, str]]:
        """Statements without which every request is still allowed, and no page asks for."""
        return sorted(
            {
                permission.statement
                for permission in self.permissions
                if permission.statement not in self.removals.denied_statements
                and find_documented(permission) is None
            }
        )

    @property
    def stale_rows(self) -> list[str]:
        """Rows of ``DOCUMENTED`` whose permissions the templates do not have."""
        return [f"{row.holders} {row.sid} {row.actions}" for row in stale_rows(self.permissions)]

    def lines(self) -> Iterator[str]:
        """Yield the table as text: role or resource, statement, action, denied request."""
        rows = [(each.holder, each.sid, each.action, self._need(each)) for each in self.permissions]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        for row in sorted(set(rows)):
            columns = [row[column].ljust(widths[column]) for column in range(3)]
            yield "  ".join([*columns, row[3]]).rstrip()

    def _need(self, permission: Permission) -> str:
        request = self.removals.denied.get(permission)
        if request is not None:
            return f"denied: {request.action} on {request.resource}"
        row = find_documented(permission)
        return f"documented: {row.source}" if row else "NOT NEEDED"


def make_report(stacks: ResolvedStacks, requests: Sequence[AuthorizationRequest]) -> Report:
    """Take every permission of the stacks away in turn."""
    found = list(grants(stacks))
    permissions = tuple(dict.fromkeys(grant.permission for grant in found))
    return Report(permissions, remove_each(found, requests))


def read_recordings(
    recordings: Sequence[Path], stacks: ResolvedStacks
) -> list[AuthorizationRequest]:
    """Return the requests of recordings, one of each kind; the first recording's come first."""
    found = list(grants(stacks))
    keys = condition_keys(found)
    stored: list[AuthorizationRequest] = []
    for recording in recordings:
        read = read_recording(recording, stacks, keys)
        stored = one_of_each_kind(found, read, stored)
    return stored


def read_stacks(folder: Path) -> ResolvedStacks:
    """Return the stacks of the newest templates of a rehearsal in ``folder``."""
    templates = {
        path.name.removesuffix(".template.json"): json.loads(path.read_text())
        for path in sorted((folder / "cdk.out").glob("*.template.json"))
    }
    return ResolvedStacks(templates, REHEARSAL, PARAMETERS)


def find_new_requests(folder: Path) -> list[AuthorizationRequest]:
    """Return one of each kind of request that a rehearsal recorded and that is not stored."""
    stacks = read_stacks(folder)
    found = list(grants(stacks))
    stored = one_of_each_kind(found, read_requests())
    read = read_recording(folder / "authorizations.jsonl", stacks, condition_keys(found))
    return one_of_each_kind(found, read, stored)[len(stored) :]


def condition_keys(found: Sequence[Grant]) -> set[str]:
    """Return the condition keys of the statements, in lower case."""
    return {
        key.lower()
        for grant in found
        for test in grant.statement.get("Condition", {}).values()
        for key in test
    }
