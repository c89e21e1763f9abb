"""The AWS CLI commands of the pages exist, with their options, and name resources as the code does.

Each page's shell examples run in a shell whose `aws` records its arguments.
"""

import re
import subprocess
from functools import cache
from pathlib import Path

import botocore
import botocore.session
import pytest

from driftloop.contract.cloudwatch_metrics import METRICS
from driftloop.contract.resource_names import METRIC_NAMESPACE, ResourceNames
from driftloop.model_names import RESERVED_NAMES
from infra.alarms.table import ALARMS

ROOT = Path(__file__).parents[2]
RUNBOOK = ROOT / "docs" / "runbook.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SESSION = botocore.session.get_session()
NAMES = ResourceNames("main")

GLOBAL_OPTIONS = {"query", "output", "cli-binary-format", "max-items", "debug"}
NO_API = {"s3", "configure"}
"""Commands of the CLI that stand for no operation of an API."""
CUSTOM = {("logs", "tail"): {"since"}}
"""More commands of that kind, with the options that the pages use."""

RENAMED = {("sns", "subscribe"): {"notification-endpoint": "endpoint"}}
"""Options that have another name in the CLI than in the API."""

RECORDER = """
aws() { printf '%s\\n' "aws" "$@" >> "$RECORD"; printf '\\0' >> "$RECORD"; echo "OUTPUT"; }
npx() { :; }
sleep() { :; }
"""


def shell_examples(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"^( *)```sh\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, body in found]


@cache
def commands(page: Path, folder: Path) -> list[list[str]]:
    """The words of each `aws` command that a page's examples run, after those of the runbook."""
    examples = [example for example in shell_examples(page) if "aws " in example]
    if page != RUNBOOK:
        examples.insert(0, shell_examples(RUNBOOK)[0])
    record = folder / f"{page.stem}.txt"
    record.touch()
    subprocess.run(
        ["bash", "-c", RECORDER + "\n".join(examples)],
        env={"PATH": "/usr/bin:/bin", "RECORD": str(record)},
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return [part.rstrip("\n").split("\n") for part in record.read_text().split("\0") if part]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shell")


def option_names(words: list[str]) -> set[str]:
    return {word[2:].partition("=")[0] for word in words if re.match(r"--[a-z]", word)}


def error_of(words: list[str]) -> str | None:
    """What the CLI would not know of a command."""
    service, operation = words[1], words[2]
    options = option_names(words) - GLOBAL_OPTIONS
    if service in NO_API:
        return None
    if (service, operation) in CUSTOM:
        return None if options <= CUSTOM[service, operation] else f"options {options}"
    service = {"s3api": "s3"}.get(service, service)
    if service not in SESSION.get_available_services():
        return "no such service"
    model = SESSION.get_service_model(service)
    names = {option(name): name for name in model.operation_names}
    if operation == "wait":
        waiters = SESSION.get_waiter_model(service)
        found = {option(name): name for name in waiters.waiter_names}
        if words[3] not in found:
            return "no such waiter"
        operation = option(waiters.get_waiter(found[words[3]]).operation)
    if operation not in names:
        return "no such operation"
    shape = model.operation_model(names[operation]).input_shape
    renamed = RENAMED.get((service, operation), {})
    options = {renamed.get(name, name) for name in options}
    members = {option(name) for name in (shape.members if shape else ())}
    unknown = {name for name in options if name.removeprefix("no-") not in members}
    return f"unknown options {sorted(unknown)}" if unknown else None


def option(name: str) -> str:
    """The CLI's form of a name in an API: ``QueueUrl`` is ``queue-url``."""
    return botocore.xform_name(name, "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_aws_command_and_option_exists(page: Path, folder: Path) -> None:
    found = commands(page, folder)
    if page.stem in {"runbook", "real-account"}:
        assert len(found) > 25
    errors = [(" ".join(words[:3]), error_of(words)) for words in found]
    assert [error for error in errors if error[1]] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_resource_of_a_command_has_a_name_that_the_code_gives(
    page: Path, folder: Path
) -> None:
    text = "\n".join("\n".join(words) for words in commands(page, folder))
    prefix = re.escape(NAMES.prefix)
    named = set(re.findall(rf"(?<![\w-]){prefix}-([\w-]+)", text))
    model = {"churn", "model-churn", "churn-analysis", "churn-dead-letter-queue"}
    known = RESERVED_NAMES | model | {f"churn-{row.kind}" for row in ALARMS}
    assert named <= known, named - known


def test_the_metrics_of_the_commands_are_published(folder: Path) -> None:
    known = {metric.name for metric in METRICS}
    found = 0
    for page in PAGES:
        for words in commands(page, folder):
            if METRIC_NAMESPACE in words and "--metric-name" in words:
                assert words[words.index("--metric-name") + 1] in known
                found += 1
    assert found >= 1


def test_every_check_of_a_real_account_has_one_example_and_says_what_to_expect() -> None:
    text = (ROOT / "docs" / "real-account.md").read_text(encoding="utf-8")
    sections = text.split("\n### ")[1:]
    assert len(sections) >= 20
    for section in sections:
        assert "```sh" in section, section.splitlines()[0]
        assert "Expected" in section, section.splitlines()[0]


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("aws sagemaker describe-endpoints", "no such operation"),
        ("aws sagemaker describe-endpoint --endpoint NAME", "unknown options ['endpoint']"),
        ("aws stepfunction list-executions", "no such service"),
        ("aws sagemaker wait endpoint-serving", "no such waiter"),
    ],
)
def test_a_wrong_command_is_found(command: str, error: str) -> None:
    assert error_of(command.split()) == error
