"""A version fails every request: alarms roll its release back during the canary."""

import io
import tarfile

from driftloop.release.next_action import ReleaseOutcome
from driftloop.s3_uri import parse_s3_uri
from rehearsal.scenario.manual_registration import model_data_url, register_again
from rehearsal.scenario.scenario_context import ScenarioContext

TITLE = "A failing release is rolled back"
TEXT = (
    "A person registers a version manually and approves it. Its inference code raises an error on "
    "every request. The alarms of the endpoint change to ALARM during the canary, and SageMaker "
    "rolls the update back. The champion keeps serving."
)
REQUESTS = 500
"""Requests in the hour of the canary, enough of them for the alarms' threshold per minute."""

FAILING_CODE = b"""

def predict_fn(*_arguments):
    raise RuntimeError("the feature store can't be reached")
"""


def play(context: ScenarioContext) -> None:
    """Register, approve, send traffic during the canary, and check the rollback."""
    start = context.position()
    champion = context.account.champion_version()
    arn = _register_failing_version(context, champion or 0)
    version = int(arn.rpartition("/")[2])
    context.account.approve(arn)
    context.wait_until_idle()
    context.terminal.show_progress("the canary fails its requests")
    context.send_hour(context.flights.next_drifted_hour(), requests=REQUESTS)
    outcomes = context.release_outcomes(version, since=start)
    context.expect(
        f"the release of version {version} is rolled back",
        outcomes == [ReleaseOutcome.ROLLED_BACK],
        outcomes,
    )
    failed = context.traffic.failed_requests
    context.expect("requests to the canary fail", failed, f"{failed} failed requests")
    now = context.account.champion_version()
    context.expect(f"version {champion} is still the champion", now == champion, f"version {now}")
    context.send_hour(context.flights.next_drifted_hour())
    failed = context.traffic.failed_requests - failed
    context.expect("no request of the next hour fails", not failed, f"{failed} failed requests")


def _register_failing_version(context: ScenarioContext, champion: int) -> str:
    """Register the champion's model again, with failing inference code; return the ARN."""
    bucket, key = parse_s3_uri(model_data_url(context, champion))
    failing_key = f"{key.rpartition('/')[0]}/manual/model.tar.gz"
    archive = break_inference_code(context.account.read(bucket, key))
    context.account.client("s3").put_object(Bucket=bucket, Key=failing_key, Body=archive)
    url = f"s3://{bucket}/{failing_key}"
    return register_again(context, champion, reason="a quick fix registered manually", archive=url)


def break_inference_code(archive: bytes) -> bytes:
    """Return a model archive with a ``predict_fn`` that raises an error."""
    target = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as source,
        tarfile.open(fileobj=target, mode="w:gz") as changed,
    ):
        for member in source:
            file = source.extractfile(member)
            content = file.read() if file else b""
            if member.name.endswith("code/inference.py"):
                content += FAILING_CODE
                member.size = len(content)
            changed.addfile(member, io.BytesIO(content))
    return target.getvalue()
