"""Shell examples of the pages; their `aws` prints its arguments, or a sample answer."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from driftloop.contract.events import RetrainingRequested, decode_payload
from driftloop.contract.resource_names import ResourceNames

DOCS = Path(__file__).parents[2] / "docs"
RUNBOOK = DOCS / "runbook.md"


def blocks(page: Path) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def run(script: str) -> str:
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout


def test_the_command_that_requests_a_retraining_names_environment_and_model() -> None:
    [command] = [block for block in blocks(RUNBOOK) if "aws events put-events" in block]
    output = run(f'aws() {{ printf %s "$4"; }}\nENV=stage\nMODEL=churn\n{command}')
    [entry] = json.loads(output)
    assert (entry["Source"], entry["DetailType"]) == ("driftloop", "Retraining Requested")
    detail = decode_payload(RetrainingRequested, json.loads(entry["Detail"]))
    assert (detail.environment, detail.model) == ("stage", "churn")


@pytest.mark.parametrize("model", ["churn", "Churn_EU", "a_b_c", "fraud-2"])
def test_the_variables_have_the_names_that_the_code_gives(model: str) -> None:
    variables = blocks(RUNBOOK)[0].replace("MODEL=churn", f"MODEL={model}")
    output = run(f'aws() {{ echo OUTPUT; }}\n{variables}\nprintf %s "$NAME"')
    assert output == ResourceNames("main").resource(model)


def test_a_time_some_hours_ago_is_in_utc() -> None:
    functions = blocks(RUNBOOK)[0]
    clock = "import time\ntime.time = lambda: 1776470400.0\n"  # date -u -d @1776470400
    script = f'aws() {{ :; }}\npython3() {{ command python3 -c \'{clock}\'"$2" "$3"; }}\n'
    output = run(f"{script}{functions}\nago 0; ago 48")
    assert output.split() == ["2026-04-18T00:00:00Z", "2026-04-16T00:00:00Z"]


def test_no_example_needs_gnu_date() -> None:
    pages = [DOCS.parent / "README.md", *sorted(DOCS.glob("*.md"))]
    found = [
        page.name for page in pages for block in blocks(page) if re.search(r"\bdate\b.* -d", block)
    ]
    assert found == []


POLICY = """{"Version":"2012-10-17","Id":"default","Statement":[
{"Sid":"shared-OtherEvent-AA","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},
"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f",
"Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:events:us-east-1:123456789012:rule/DriftloopEvent-A"}}},
{"Sid":"shared-DriftloopEvent-BB","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},
"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f",
"Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:events:us-east-1:123456789012:rule/DriftloopEvent"}}},
{"Sid":"account","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},
"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f"}]}"""
"""An answer of GetPolicy: Lambda Developer Guide, "Viewing resource-based IAM policies"."""


def test_the_check_of_the_dead_letter_queue_takes_away_the_statement_of_the_rule() -> None:
    [check] = [block for block in blocks(DOCS / "real-account.md") if "get-policy" in block]
    answers = f"""
        aws() {{
          case "$1 $2" in
            "events list-rule-names-by-target") echo DriftloopEvent;;
            "lambda get-policy") printf %s "$POLICY";;
            "lambda remove-permission"|"lambda add-permission") echo "$@";;
            *) echo OUTPUT >&2;;
          esac
        }}
        sleep() {{ :; }}
        POLICY='{POLICY.replace(chr(10), "")}' REGION=us-east-1 ACCOUNT=123456789012 ENV=main
    """
    removed, added = run(f"{answers}\n{check}").splitlines()
    assert re.search(r"--statement-id (\S+)", removed)[1] == "shared-DriftloopEvent-BB"  # type: ignore[index]
    assert "--statement-id shared-DriftloopEvent-BB " in added
    assert added.endswith("--source-arn arn:aws:events:us-east-1:123456789012:rule/DriftloopEvent")
