"""The example policies of docs/policies: they allow what the pages' commands need, and exist."""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from driftloop.contract.resource_names import ResourceNames
from infra.arns import DEFAULT_QUALIFIER
from infra.stacks.shared import FUNCTIONS
from rehearsal.scenario.people import Person
from rehearsal.scenario.people import statements as people
from tests.infra.test_iam_reference import errors_of, listed

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "docs" / "policies").glob("*.json"))
NAMES = ResourceNames("main")

CLI_ACTIONS = {
    "s3 ls": {"s3:ListBucket"},
    "s3api list-object-versions": {"s3:ListBucketVersions"},
    "s3api delete-object": {"s3:DeleteObjectVersion"},
    "logs tail": {"logs:FilterLogEvents"},
    "lambda invoke": {"lambda:InvokeFunction"},
}
"""Actions that differ from the name of the command (AWS CLI command reference)."""
PREFIXES = {"stepfunctions": "states", "service-quotas": "servicequotas"}
"""Prefixes of actions that differ from the CLI's name of the service."""
NEEDS_NO_PERMISSION = {"sts get-caller-identity", "configure get"}
"""STS API reference, GetCallerIdentity: "No permissions are required"."""


def statements(name: str) -> list[dict[str, Any]]:
    text = (ROOT / "docs" / "policies" / f"{name}.json").read_text(encoding="utf-8")
    text = text.replace("REGION", "us-east-1").replace("ACCOUNT", "111122223333")
    return list(json.loads(text)["Statement"])


def actions(name: str) -> set[str]:
    return {action for statement in statements(name) for action in listed(statement["Action"])}


def required_actions(page: str) -> set[str]:
    """The actions of the AWS CLI commands in a page's shell examples and inline code."""
    text = (ROOT / page).read_text(encoding="utf-8")
    code = re.findall(r"```sh\n(.*?)```|`(aws [^`]*)`", text, re.DOTALL)
    commands = re.findall(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)", "\n".join(map("".join, code)))
    required: set[str] = set()
    for service, operation in commands:
        command = f"{service} {operation}"
        if command in NEEDS_NO_PERMISSION:
            continue
        name = "".join(part.capitalize() for part in operation.split("-"))
        default = {f"{PREFIXES.get(service, service)}:{name}"}
        required |= CLI_ACTIONS.get(command, default)
    return required


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_statement_is_in_the_service_authorization_reference(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert set(document) == {"Version", "Statement"}
    assert {statement["Effect"] for statement in document["Statement"]} == {"Allow"}
    found = [error for statement in statements(path.stem) for error in errors_of(statement)]
    assert found == []


def test_the_on_call_policy_allows_every_command_of_the_runbook() -> None:
    required = required_actions("docs/runbook.md")
    assert {"sagemaker:UpdateModelPackage", "states:RedriveExecution"} <= required
    assert required - actions("on-call") == set()


def test_the_on_call_policy_invokes_what_the_runbook_invokes_and_nothing_that_registers() -> None:
    statement = next(s for s in statements("on-call") if s["Sid"] == "InvokeFunctionsAgain")
    allowed = {
        name
        for name in FUNCTIONS
        if any(
            fnmatchcase(f"function:{NAMES.function(name)}", pattern.split(":", 5)[5])
            for pattern in listed(statement["Resource"])
        )
    }
    text = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    invoked = set(re.findall(r'lambda invoke --function-name "driftloop-\$ENV-([\w-]+)"', text))
    [again] = re.findall(r"Invoke the function with the event: (.*)\.", text)
    invoked |= set(re.findall(r"`([\w-]+)`", again))
    assert {NAMES.function(name) for name in allowed} == {f"{NAMES.prefix}-{x}" for x in invoked}
    # a request to registry can register an approved version: lambdas/registry
    assert allowed.isdisjoint({"registry", "describe_challenger"})


def test_the_policies_of_approver_and_on_call_decrypt_and_write_no_captured_data() -> None:
    for name in ("approver", "on-call"):
        resources = [r for statement in statements(name) for r in listed(statement["Resource"])]
        assert not [r for r in resources if "capture" in r or r == "arn:aws:s3:::*"]
        assert not {action for action in actions(name) if action.startswith("s3:Put")}


def test_the_policies_name_resources_as_the_code_does() -> None:
    patterns = [r for path in FILES for s in statements(path.stem) for r in listed(s["Resource"])]
    account = "us-east-1:111122223333"
    for arn in (
        f"arn:aws:states:{account}:stateMachine:{NAMES.state_machine}",
        f"arn:aws:sagemaker:{account}:endpoint/{NAMES.resource('churn')}",
        f"arn:aws:lambda:{account}:function:{NAMES.function('start_analysis')}",
        f"arn:aws:cloudformation:{account}:stack/{NAMES.model_stack('churn')}",
        f"arn:aws:iam::111122223333:role/cdk-{DEFAULT_QUALIFIER}-deploy-role-111122223333-us-east-1",
    ):
        assert [pattern for pattern in patterns if fnmatchcase(arn, pattern)], arn


def test_a_wildcard_resource_is_used_for_reading_lists_alone() -> None:
    verbs = {
        action.partition(":")[2]
        for path in FILES
        for statement in statements(path.stem)
        if "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
    }
    assert verbs
    assert not [verb for verb in verbs if not verb.startswith(("List", "Get", "Describe"))]


@pytest.mark.parametrize(
    ("person", "policy"),
    [
        (Person.DEPLOYER, "deployer"),
        (Person.APPROVER, "approver"),
        (Person.CLIENT, "client"),
        (Person.LABELER, "client"),
    ],
)
def test_a_policy_has_what_the_rehearsal_needs_under_enforcement(
    person: Person, policy: str
) -> None:
    played = people(NAMES, "churn")[person]
    required = {action for statement in played for action in listed(statement["Action"])}
    assert required <= actions(policy)
