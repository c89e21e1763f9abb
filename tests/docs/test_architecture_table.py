"""The table "Where does X go?" names what is there."""

import re
from pathlib import Path

import pytest

from driftloop.contract.resource_names import ResourceNames
from infra.alarms.table import ALARMS, shared_stack_alarms
from infra.stacks.shared import ENVIRONMENT_VARIABLES

ROOT = Path(__file__).parents[2]
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
TABLE = ARCHITECTURE.partition("## Where does X go?")[2]
LINES = [line.split("|")[1:-1] for line in TABLE.splitlines() if line.startswith("| a")]


def test_the_table_has_the_extensions_that_people_ask_for() -> None:
    extensions = "metric alarm family trigger format setting command"
    assert all(any(word in line[0] for line in LINES) for word in extensions.split())


@pytest.mark.parametrize("line", LINES, ids=[line[0].strip() for line in LINES])
def test_each_place_exists_and_has_examples(line: list[str]) -> None:
    for path in re.findall(r"`([\w/]+/[\w/.<>-]*)`", line[1] + line[2]):
        found = [*ROOT.glob(re.sub(r"<\w+>", "*", path).rstrip("/"))]
        assert found, f"nothing at {path}"


@pytest.mark.parametrize("line", LINES, ids=[line[0].strip() for line in LINES])
def test_each_table_that_gets_a_row_exists_in_its_file(line: list[str]) -> None:
    pattern = r"`(\w+)`(?: (?:and|or) `(\w+)`)? in `([\w/.]+\.py)`"
    for first, second, path in re.findall(pattern, line[1] + line[2]):
        text = (ROOT / path).read_text(encoding="utf-8")
        for name in filter(None, (first, second)):
            assert re.search(rf"^(class )?{name}\b", text, re.MULTILINE), f"{name} in {path}"


def test_the_table_of_functions_has_the_environment_variables_of_each_function() -> None:
    section = ARCHITECTURE.partition("### Functions: event, environment variables")[2]
    [without] = re.findall(r"All but (.*?) have `FLEET_BUCKET` and `FLEET_KEY`", section, re.DOTALL)
    exceptions = set(re.findall(r"`(\w+)`", without))
    documented = {}
    for name, _, _, variables, _ in re.findall(
        r"^\| (\w+) " + r"\|(.*)" * 4 + r"\|$", section, re.MULTILINE
    ):
        fleet = set() if name in exceptions else {"FLEET_BUCKET", "FLEET_KEY"}
        documented[name] = fleet | set(re.findall(r"`(\w+)`", variables))
    documented.pop("function", None)
    assert documented == {name: set(names) for name, names in ENVIRONMENT_VARIABLES.items()}


def test_each_alarm_has_its_section_in_the_runbook_and_no_section_lacks_its_alarm() -> None:
    runbook = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    shared = shared_stack_alarms(ResourceNames("main"), queue_name="QUEUE", state_machine_arn="ARN")
    kinds = {row.kind for row in ALARMS} | {alarm.kind for alarm in shared}
    assert set(re.findall(r"^## (.*)$", runbook, re.MULTILINE)) == kinds


def test_each_section_of_the_runbook_has_the_same_four_parts() -> None:
    runbook = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    for section in runbook.split("\n## ")[1:]:
        labels = re.findall(r"^\*\*(.*?)\.\*\*", section, re.MULTILINE)
        parts = ["What happened", "Impact", "Likely causes", "Actions"]
        assert labels == parts, section.splitlines()[0]
