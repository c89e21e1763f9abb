"""No statement and no action without a need: each removal denies a recorded request, or a page of
AWS's documentation asks for the permission."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.permissions.documented import DOCUMENTED, find_documented
from rehearsal.permissions.policies import Permission, grants
from rehearsal.permissions.removal import remove_each
from rehearsal.permissions.report import PARAMETERS, REHEARSAL, Report, make_report
from rehearsal.permissions.requests import read_requests
from rehearsal.resolved_templates import ResolvedStacks

EXAMPLE = Path(__file__).parents[2] / "examples" / "flights" / "driftloop.yaml"


@pytest.fixture(scope="module")
def stacks(synthesize: Any, folder: Path) -> ResolvedStacks:
    """The stacks that the rehearsal deploys."""
    config = yaml.safe_load(EXAMPLE.read_text())
    for model in config["models"].values():
        model["training_data"] = str(folder / "train.csv")
    return ResolvedStacks(synthesize(config).stacks, REHEARSAL, PARAMETERS)


@pytest.fixture(scope="module")
def report(stacks: ResolvedStacks) -> Report:
    return make_report(stacks, read_requests())


def test_every_recorded_request_is_allowed_by_the_templates(report: Report) -> None:
    # a request that is not: play the rehearsal, then `python -m rehearsal.permissions --renew`
    assert report.removals.unexplained == []


def test_every_removal_of_an_action_denies_a_request_or_breaks_a_documented_need(
    report: Report,
) -> None:
    assert report.superfluous == []


def test_every_removal_of_a_statement_denies_a_request_or_breaks_a_documented_need(
    report: Report,
) -> None:
    assert report.superfluous_statements == []


def test_every_documented_need_is_of_a_permission_of_the_templates(report: Report) -> None:
    assert report.stale_rows == []


def test_every_documented_need_of_a_role_names_the_role_and_the_statement() -> None:
    rows = [row for row in DOCUMENTED if any("Role" in holder for holder in row.holders)]
    assert len(rows) > 5
    assert [row for row in rows if "*" in "".join((*row.holders, row.sid))] == []


def test_an_action_in_a_new_role_or_a_new_statement_is_not_documented() -> None:
    for holder, sid, action in (
        ("NewRole", "Jobs", "sagemaker:AddTags"),
        ("PipelineRole", "Register", "sagemaker:AddTags"),
        ("NewRole", "FleetKey", "kms:Decrypt"),
        ("NewRole", "SendToDeadLetterQueue", "sqs:SendMessage"),
        ("NewRule (invocation)", "Invoke", "lambda:InvokeFunction"),
    ):
        assert find_documented(Permission(holder, sid, action)) is None


def test_a_row_is_stale_if_one_of_its_roles_has_no_such_permission() -> None:
    row = next(row for row in DOCUMENTED if row.sid == "SendToDeadLetterQueue")
    held = [Permission(holder, row.sid, "sqs:SendMessage") for holder in row.holders]
    assert not row.is_stale(held)
    assert row.is_stale(held[1:])


def test_every_documented_need_has_a_page_and_a_reason() -> None:
    for row in DOCUMENTED:
        assert row.source.startswith(("https://docs.aws.amazon.com/", "https://github.com/")), row
        assert len(row.reason) > 20, row


def test_an_action_that_nothing_needs_is_found(stacks: ResolvedStacks) -> None:
    found = list(grants(stacks))
    gate = next(grant for grant in found if grant.permission.holder == "GateRole")
    permission = dataclasses.replace(gate.permission, sid="Extra", action="s3:DeleteObject")
    extra = dataclasses.replace(
        gate,
        permission=permission,
        statement={"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "*"},
    )
    removals = remove_each([*found, extra], read_requests())
    assert permission not in removals.denied


def test_a_second_statement_for_the_same_request_makes_both_needless(
    stacks: ResolvedStacks,
) -> None:
    found = list(grants(stacks))
    denied = remove_each(found, read_requests()).denied
    grant = next(each for each in found if each.permission in denied and each.principal)
    twin = dataclasses.replace(grant, permission=dataclasses.replace(grant.permission, sid="Twin"))
    assert grant.permission not in remove_each([*found, twin], read_requests()).denied
