"""What the handlers do in an undisturbed account: one scenario for each kind of work."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import numpy as np

from driftloop.contract.ledger_items import WindowCountItem
from driftloop.window import HOUR, Window
from lambdas.aws.clients import AwsClients
from lambdas.aws.ledger import Ledger, Put
from lambdas.describe_challenger.handler import handle as describe_challenger
from lambdas.detect.handler import handle as detect
from lambdas.gate.handler import handle as gate
from lambdas.notify_failure.handler import handle as notify_failure
from lambdas.plan.handler import handle as plan
from lambdas.profile.handler import handle as profile
from lambdas.reconcile.handler import handle as reconcile
from lambdas.registry.handler import handle as registry
from lambdas.release.handler import handle as release
from lambdas.start_analysis.handler import handle as start_analysis
from tests.faults.world import Step, World
from tests.lambdas.account import load_event, write_fleet
from tests.lambdas.analysis import manifest, work
from tests.lambdas.captures import records, write_baseline, write_capture
from tests.lambdas.challengers import FILES, write_challenger
from tests.lambdas.items import champion_item, time, version_item, window_item
from tests.lambdas.live_days import serve_day, store_daily_baseline

EVENTS = Path(__file__).parents[1] / "lambdas" / "events"
LABELS = (
    b'{"groundTruthData": {"data": "1\\n0\\n1\\n0", "encoding": "CSV"},'
    b' "eventMetadata": {"eventId": "e1"}, "eventVersion": "0"}'
)


DECIDED_DAY = 2
"""The day of March whose decision meets the faults; the day before it is decided for good then."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the account has at first, and the events in their order."""

    start: Sequence[Step]
    steps: Sequence[Step]
    prepare: Callable[[World], object] = lambda _: None


def _serve(world: World) -> None:
    world.sagemaker.register(1, "Approved")
    world.sagemaker.serve(1)


def _approve(version: int, status: str, at: str) -> Step:
    def event(world: World) -> dict[str, Any]:
        arn = world.sagemaker.packages[version]["ModelPackageArn"]
        detail = {
            "ModelPackageArn": arn,
            "ModelPackageVersion": version,
            "ModelApprovalStatus": status,
        }
        changed: dict[str, Any] = load_event("package", detail, time=at, id=f"{version}-{status}")
        return changed

    def before(world: World) -> None:
        if version not in world.sagemaker.packages:
            world.sagemaker.register(version)
        world.sagemaker.set_approval(version, status)

    return Step(release, event, before)


def _end(at: str, *, promoted: bool) -> Step:
    return Step(
        release,
        load_event("endpoint", time=at, id=f"end-{at}"),
        lambda world: _settle(world, promoted=promoted),
    )


def _settle(world: World, *, promoted: bool) -> None:
    """The update ends, if one is in progress."""
    if "PendingDeploymentSummary" in world.sagemaker.endpoint:
        world.sagemaker.settle(promoted=promoted)


def _live(world: World) -> None:
    since = time("2026-03-01T00:00:00Z")
    version = version_item(baseline_uri=write_baseline(), serving_from=since)
    _ledger(world).write(Put(champion_item(promoted_at=since)), Put(version))


def _drifted(world: World) -> None:
    ledger = _ledger(world)
    ledger.write(Put(champion_item()), Put(version_item()))
    ledger.write(*(Put(window_item(hour, "drifted")) for hour in (10, 11)))
    boto3.client("s3").put_object(Bucket="truth", Key="late/2026/03/10/08/a.jsonl", Body=LABELS)


def _ledger(world: World) -> Ledger:
    return Ledger(world.aws.client("dynamodb"), "ledger", "late")


def _captured(world: World) -> None:
    _live(world)
    store_daily_baseline()
    write_capture("2026-03-10T11", records("2026-03-10T11"))
    late = records("2026-03-10T10", count=40, seed=2, minute=58)
    write_capture("2026-03-10T11", late, name="00-01-000-late.jsonl")


def _missed(world: World) -> None:
    """Of the windows that are due, two are expired, one has failed for good, and one was missed."""
    since = time("2026-03-10T08:10:00Z")
    earlier = Window(time("2026-02-20T00:00:00Z"), time("2026-02-20T01:00:00Z"))
    version = version_item(
        baseline_uri=write_baseline(), serving_from=since, earlier_periods=(earlier,)
    )
    hours = (time("2026-03-10T08:00:00Z"), time("2026-03-10T09:00:00Z"))
    windows = [Window(hour, hour + HOUR) for hour in hours]
    planned = [WindowCountItem(label=one.label, window=one, planned={"0": "d"}) for one in windows]
    _ledger(world).write(Put(champion_item(promoted_at=since)), Put(version), *map(Put, planned))
    machine = world.aws.client("stepfunctions")
    for revision in range(3):
        name = f"late-20260310T10-r{revision}"
        machine.started[name] = {**work(10), "revision": revision}
        machine.end(name, "FAILED", at=f"2026-03-09T{revision:02d}:00:00Z")


def _days(world: World) -> None:
    """Windows of a day, and a baseline with training days; the last day has a new carrier."""
    _live(world)
    store_daily_baseline()
    world.aws._environ = {
        **world.aws._environ,
        "FLEET_KEY": write_fleet(monitoring={"window_hours": 24}),
    }
    for day in range(1, DECIDED_DAY):
        serve_day(day, count=30)
    serve_day(DECIDED_DAY, count=30, categories=np.array(["UA", "AA", "XX"]))


def day_steps(day: int) -> list[Step]:
    """The analysis of a day of March: plan, profile, detect."""
    run = work(hour=0, hours=24, day=day)

    def planned(world: World) -> Any:
        return plan(run, None, world.aws)

    return [
        Step(plan, run),
        Step(profile, lambda world: manifest(planned(world))[-1]),
        Step(detect, lambda world: {"input": run, "plan": planned(world)}),
    ]


def _initial_model(_world: World) -> None:
    """The initial model and its baseline, in a bucket of another team."""
    s3 = boto3.client("s3")
    s3.create_bucket(
        Bucket="another-team", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    for key in ("model.tar.gz", "late.baseline"):
        s3.put_object(Bucket="another-team", Key=key, Body=key.encode())


INITIAL_MODEL = {
    "ModelUri": "s3://another-team/model.tar.gz",
    "BaselineUri": "s3://another-team/late.baseline",
    "Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312",
    "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
    "ContentTypes": ["text/csv"],
}


def _registry_request() -> dict[str, Any]:
    """CloudFormation creates a stack with an endpoint."""
    text = (EVENTS / "custom_resource.json").read_text()
    request: dict[str, Any] = json.loads(text)
    request["ResourceProperties"] |= {"HasEndpoint": "true", "InitialModel": INITIAL_MODEL}
    return request


def _registry(event: dict[str, Any], context: object, aws: AwsClients) -> dict[str, Any]:
    return registry(event, context, aws, aws.client("cloudformation"))


def _detect_input(world: World) -> dict[str, Any]:
    return {"input": work(), "plan": world.results[0]}


ADOPT = Step(release, load_event("endpoint", time="2026-03-02T00:00:00Z", id="adopt"))
APPROVE = _approve(2, "Approved", "2026-03-10T14:00:00Z")
REQUEST = Step(gate, load_event("request"))


def _waiting(world: World) -> None:
    """One version waits for approval, and an approved one for an endpoint."""
    _live(world)
    world.sagemaker.register(1, "Approved")
    world.sagemaker.register(2)
    _ledger(world).write(Put(version_item(3, "awaiting_endpoint")))


def _remind(at: str) -> Step:
    """Reconcile invokes the gate."""
    return Step(gate, {"source": "driftloop.schedule", "model": "late", "scheduled_time": at})


def _removed(world: World) -> None:
    """The ledger has a model that driftloop.yaml does not have, and its stack is deployed."""
    boto3.client("ssm").put_parameter(
        Name="/driftloop/test/former/serving", Value="{}", Type="String"
    )
    ledger = Ledger(world.aws.client("dynamodb"), "ledger", "former")
    ledger.write(Put(version_item(2, "approved")))


def _check(hour: int) -> Step:
    at = f"2026-03-10T{hour}:40:00Z"
    return Step(release, {"source": "driftloop.reconcile", "model": "late", "as_of": at})


def _failed_execution(world: World) -> None:
    failure = {"StepName": "Evaluate", "StepStatus": "Failed", "FailureReason": "too few rows"}
    world.sagemaker.end_run("Failed", [failure])


def _registered(world: World) -> None:
    world.sagemaker.register(2)
    world.sagemaker.end_run("Succeeded")


def _delete_endpoint(world: World) -> None:
    world.sagemaker.endpoint = None


def _create_endpoint(world: World) -> None:
    world.sagemaker.clock = time("2026-03-10T18:00:00Z")
    world.sagemaker.serve(1)


SCENARIOS = {
    "an endpoint is adopted": Scenario([], [ADOPT], _serve),
    "an endpoint is deleted and created again": Scenario(
        [ADOPT],
        [
            replace(_check(16), before=_delete_endpoint),
            replace(_check(19), before=_create_endpoint),
        ],
        _serve,
    ),
    "a version is promoted": Scenario(
        [ADOPT],
        [APPROVE, _end("2026-03-10T15:30:00Z", promoted=True), _check(16)],
        _serve,
    ),
    "a canary is rolled back": Scenario(
        [ADOPT],
        [APPROVE, _end("2026-03-10T15:30:00Z", promoted=False), _check(16)],
        _serve,
    ),
    "a champion is rejected": Scenario(
        [ADOPT, APPROVE, _end("2026-03-10T15:30:00Z", promoted=True)],
        [
            _approve(2, "Rejected", "2026-03-10T17:00:00Z"),
            _end("2026-03-10T18:30:00Z", promoted=True),
            _check(19),
        ],
        _serve,
    ),
    "a retraining starts and fails": Scenario(
        [],
        [
            Step(gate, load_event("alarm")),
            Step(gate, load_event("pipeline"), _failed_execution),
        ],
        _drifted,
    ),
    "a retraining starts and registers a challenger": Scenario(
        [],
        [
            REQUEST,
            Step(
                gate,
                load_event("pipeline", {"currentPipelineExecutionStatus": "Succeeded"}),
                _registered,
            ),
        ],
        _drifted,
    ),
    "a retraining is refused": Scenario([], [REQUEST], _live),
    "people are reminded of versions that wait": Scenario(
        [],
        [_remind("2026-03-10T12:40:00Z"), _remind("2026-03-13T12:40:00Z")],
        _waiting,
    ),
    "people are notified of a removed model": Scenario(
        [],
        [Step(start_analysis, {"model": "former", "scheduled_time": "2026-03-10T12:20:00Z"})],
        _removed,
    ),
    "a window is analyzed": Scenario(
        [],
        [
            Step(plan, work(), is_answer_used=True),
            Step(profile, lambda world: manifest(world.results[0])[0], is_answer_used=True),
            Step(detect, _detect_input),
        ],
        _captured,
    ),
    "a day is decided": Scenario(
        [step for day in range(1, DECIDED_DAY) for step in day_steps(day)]
        + day_steps(DECIDED_DAY)[:2],
        day_steps(DECIDED_DAY)[2:],
        _days,
    ),
    "an analysis is started": Scenario(
        [],
        [Step(start_analysis, {"model": "late", "scheduled_time": "2026-03-10T12:20:00Z"})],
    ),
    "missed windows are started": Scenario(
        [],
        [
            Step(
                start_analysis,
                {
                    "source": "driftloop.reconcile",
                    "model": "late",
                    "as_of": "2026-03-10T12:40:00Z",
                },
            )
        ],
        _missed,
    ),
    "an analysis fails": Scenario(
        [],
        [
            Step(
                notify_failure,
                {
                    "input": work(),
                    "error": {"Error": "IncompleteError", "Cause": "batch 0 has no profile"},
                    "failed_at": "2026-03-10T12:26:00Z",
                },
            )
        ],
    ),
    "a challenger is described": Scenario(
        [],
        [Step(describe_challenger, FILES, is_answer_used=True)],
        lambda _: write_challenger(),
    ),
    "an initial model is registered": Scenario(
        [], [Step(_registry, _registry_request(), is_answer_used=True)], _initial_model
    ),
    "the models are reconciled": Scenario(
        [], [Step(reconcile, {"scheduled_time": "2026-03-10T12:00:00Z"})]
    ),
}
"""Name to scenario."""
