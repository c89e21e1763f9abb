"""The runbook's request for a retraining, run in a shell whose `aws` prints its arguments."""

import json
import re
import subprocess
from pathlib import Path

from driftloop.contract.events import RetrainingRequested, decode_payload

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"


def test_the_command_that_requests_a_retraining_names_environment_and_model() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", RUNBOOK.read_text(), flags=re.DOTALL)
    [command] = [block for block in blocks if "aws events put-events" in block]
    script = f'aws() {{ printf %s "$4"; }}\nENV=stage\nMODEL=churn\n{command}'
    result = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    [entry] = json.loads(result.stdout)
    assert (entry["Source"], entry["DetailType"]) == ("driftloop", "Retraining Requested")
    detail = decode_payload(RetrainingRequested, json.loads(entry["Detail"]))
    assert (detail.environment, detail.model) == ("stage", "churn")
