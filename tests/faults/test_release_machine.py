"""Release in any order of events, deliveries and faults, against a model made of its pure policy.

``make test`` plays a few sequences, the same each time; ``make fuzz`` and ``make faults`` many.
"""

import copy
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from moto import mock_aws

from driftloop.contract.ledger_items import (
    ChampionItem,
    CompletedReleaseItem,
    EndpointConfigItem,
    ReleaseItem,
    VersionItem,
)
from driftloop.release.deployment import ServingSettings, rollback_alarm_names
from driftloop.window import format_time
from lambdas.aws.ledger import Ledger
from lambdas.release.handler import handle
from tests.faults.machines import DeliveryMachine, machine_settings, subjects_by_id
from tests.faults.reference_release import (
    NEVER,
    PENDING,
    START_CALLS,
    Account,
    Delivered,
    ReferenceRelease,
)
from tests.faults.world import World
from tests.lambdas.account import load_event, write_fleet
from tests.lambdas.fakes import SageMaker
from tests.lambdas.releases import alarm_names, change_setting, scalable_targets

START = datetime(2026, 3, 10, 12, tzinfo=UTC)
BAKE_MINUTES = 12
"""How long an update takes at least."""
VERSIONS = st.integers(min_value=1, max_value=4)


class ClockedSageMaker(SageMaker):
    """SageMaker with the machine's clock, whose DescribeEndpoint may be behind."""

    def __init__(self, account: Account) -> None:
        super().__init__()
        self.account = account
        self.before_update: Any = None
        self.updated_at = NEVER
        self.updated_versions: list[int] = []

    def describe_endpoint(self, **arguments: Any) -> Any:
        answer = super().describe_endpoint(**arguments)
        return (
            copy.deepcopy(self.before_update) if self.account.is_stale(self.updated_at) else answer
        )

    def update_endpoint(self, **arguments: Any) -> None:
        before = copy.deepcopy(self.endpoint)
        super().update_endpoint(**arguments)
        self.before_update, self.updated_at = before, self.account.now
        self.updated_versions.append(self.version_of(arguments["EndpointConfigName"]))
        self.endpoint["LastModifiedTime"] = self.account.now

    def settle(self, *, promoted: bool) -> None:
        super().settle(promoted=promoted)
        self.endpoint["LastModifiedTime"] = self.account.now

    def set_approval(self, version: int, approval: str) -> Any:
        self.packages[version]["LastModifiedTime"] = self.account.now
        return super().set_approval(version, approval)

    def version_of(self, config: str) -> int:
        """The version that an endpoint config serves."""
        arn = self.models[config]["PrimaryContainer"]["ModelPackageName"]
        return int(arn.rpartition("/")[2])


class ReleaseMachine(DeliveryMachine[Delivered, ReferenceRelease]):
    """People, AWS and EventBridge play; release answers."""

    handler = staticmethod(handle)

    @initialize()
    def deploy(self) -> None:
        self.account = Account(now=START)
        self.world = World.create()
        self.sagemaker = ClockedSageMaker(self.account)
        self.world.aws._clients["sagemaker"] = self.sagemaker
        self.sagemaker.clock = START - timedelta(days=9)
        self.sagemaker.register(1, "Approved")
        self.sagemaker.serve(1)
        self.ledger = Ledger(self.world.aws.client("dynamodb"), "ledger", "late")
        self._handle(self._endpoint_event(), self.world.aws)
        self.reference = ReferenceRelease(self.account, self.sagemaker.clock)
        digest = self._champion().serving_settings_digest
        self.account.digest = digest
        self.reference.champion = self.reference.champion.__class__(1, "v1", digest)
        self.account.registry[1] = "Approved"
        self.account.approved_at[1] = self.sagemaker.clock
        self.queue = []
        self.faults = 0

    # what people and AWS do

    @rule(version=VERSIONS, status=st.sampled_from(["Approved", "Approved", "Rejected", PENDING]))
    def decide(self, version: int, status: str) -> None:
        """A person sets the status of a version, which the pipeline registered if it is new."""
        if version not in self.account.registry:
            version = max(self.account.registry) + 1
            self.sagemaker.register(version)
        elif self.account.registry[version] == status:
            return
        self._pass(1)
        arn = self.sagemaker.set_approval(version, status)
        self.account.registry[version] = status
        self.account.approved_at[version] = self.account.now
        detail = {
            "ModelPackageArn": arn,
            "ModelPackageVersion": version,
            "ModelApprovalStatus": status,
        }
        self._enqueue("package", Delivered(self.account.now, version, status), detail)

    @rule(minutes=st.sampled_from([10, 11, 12]))
    def change_settings(self, minutes: int) -> None:
        """A deployment changes the serving settings."""
        self._pass(1)
        change_setting(bake_minutes=minutes)
        self.account.digest = _digest(self.world)
        self._enqueue("parameter", Delivered(self.account.now))

    @rule(paused=st.booleans())
    def pause(self, paused: bool) -> None:
        """A deployment pauses the model, or ends that."""
        self.account.paused = paused
        environ: Any = self.world.aws._environ
        environ["FLEET_KEY"] = write_fleet(paused=paused)

    @rule(
        call=st.sampled_from(START_CALLS),
        code=st.sampled_from(["ResourceLimitExceeded", "ThrottlingException"]),
    )
    def refuse(self, call: str, code: str) -> None:
        """SageMaker refuses a call from now on."""
        self.account.refusals[call] = self.sagemaker.refusals[call] = code

    @precondition(lambda self: self.account.refusals)
    @rule()
    def accept(self) -> None:
        """The quota is raised, or the service works again."""
        self.account.refusals.clear()
        self.sagemaker.refusals.clear()

    @rule(late=st.booleans())
    def answer_late(self, late: bool) -> None:
        """For minutes after an update DescribeEndpoint answers as before it, or no longer."""
        self.account.answers_late = late

    @precondition(lambda self: self.reference.pending is not None)
    @rule(promoted=st.booleans())
    def end_update(self, promoted: bool) -> None:
        """The update in progress succeeds, or a rollback alarm ends it."""
        self._pass(BAKE_MINUTES)
        self.sagemaker.settle(promoted=promoted)
        self.reference.settle(promoted=promoted)
        self._enqueue("endpoint", Delivered(self.account.now))

    @precondition(lambda self: self.reference.endpoint.is_settled)
    @rule(status=st.sampled_from(["Updating", "SystemUpdating"]))
    def begin_scaling(self, status: str) -> None:
        """Autoscaling changes the number of instances, or SageMaker maintains the endpoint."""
        self._pass(1)
        self._scale(status)

    @precondition(lambda self: self._is_scaling())
    @rule()
    def end_scaling(self) -> None:
        """It ends, and no event says so: this one is lost."""
        self._pass(3)
        self._scale("InService")

    @rule(minutes=st.sampled_from([5, 20, 70, 400]))
    def wait(self, minutes: int) -> None:
        """Time passes."""
        self._pass(minutes)

    # what EventBridge and Lambda do

    @rule()
    def reconcile(self) -> None:
        """The hourly check."""
        self._pass(60)
        self._deliver(*self._reconcile())

    # what holds after each step

    @invariant()
    def ledger_and_endpoint_are_the_models(self) -> None:
        self._compare()

    @invariant()
    def a_canary_has_its_alarms_and_what_serves_exists(self) -> None:
        if not hasattr(self, "reference"):
            return
        endpoint = self.sagemaker.endpoint
        pending = endpoint.get("PendingDeploymentSummary", {}).get("EndpointConfigName")
        for config in {endpoint["EndpointConfigName"], pending} - {None}:
            assert config in self.sagemaker.configs
            assert config in self.sagemaker.models
        if pending is not None:
            assert set(rollback_alarm_names(pending)) <= set(alarm_names())

    def teardown(self) -> None:
        """Without further faults everything ends, and nothing is left over."""
        if not self.is_sound:
            return
        self.accept()
        self.pause(paused=False)
        self.account.answers_late = False
        if self._is_scaling():
            self.end_scaling()
        for event, delivered in self.queue:
            self._deliver(event, delivered)
            self.ledger_and_endpoint_are_the_models()
        for _ in range(12):
            if self.reference.pending is not None:
                self._pass(BAKE_MINUTES)
                self.sagemaker.settle(promoted=True)
                self.reference.settle(promoted=True)
            elif self._is_quiet():
                break
            self._pass(60)
            self._deliver(*self._reconcile())
            self.ledger_and_endpoint_are_the_models()
        self._check_end()

    def _is_quiet(self) -> bool:
        waiting = {item.status for item in self.ledger.query(VersionItem)}
        return (
            self.ledger.get(ReleaseItem) is None
            and not self.ledger.query(CompletedReleaseItem)
            and not waiting & {"approved", "deploying"}
        )

    def _check_end(self) -> None:
        champion = self._champion()
        assert self._is_quiet()
        assert champion.endpoint_config_name == self.sagemaker.endpoint["EndpointConfigName"]
        assert alarm_names() == []
        assert scalable_targets() in ([], [(2, 4)])
        statuses = {item.version: item.status for item in self.ledger.query(VersionItem)}
        assert statuses[champion.version] in {"promoted", "rejected"}
        served = [item for item in self.ledger.query(VersionItem) if item.serving_until is not None]
        if statuses[champion.version] == "rejected":
            assert not [item for item in served if item.status == "superseded"]
        created = {item.endpoint_config_name for item in self.ledger.query(EndpointConfigItem)}
        needed = {champion.endpoint_config_name, champion.previous_endpoint_config_name}
        assert created <= needed
        self._check_messages()

    def _check_messages(self) -> None:
        """Each outcome is published, once but for faults, under an ID of its own."""
        people = self.world.aws.client("sns")
        subjects = subjects_by_id(people)
        details = self.world.aws.client("events").details("Release Completed")
        first = {detail["deduplication_id"]: detail for detail in details}
        outcomes = Counter(
            (detail["version"], detail["purpose"], detail["outcome"]) for detail in first.values()
        )
        assert outcomes == Counter(self.reference.completed)
        ended = [outcome for _, _, outcome in self.reference.completed]
        words = ("serves all requests", "was rolled back", "was not released")
        sent = list(subjects.values())
        about_outcomes = [subject for subject in sent if subject.endswith(words)]
        assert len(about_outcomes) == len(ended) - ended.count("superseded")
        repeated = len(details) - len(first) + len(people.subjects) - len(subjects)
        assert repeated <= 2 * self.faults

    # how it is played

    def _is_scaling(self) -> bool:
        return self.reference.pending is None and not self.reference.endpoint.is_settled

    def _scale(self, status: str) -> None:
        self.sagemaker.scale(status)
        self.reference.scale(status)

    def _pass(self, minutes: int) -> None:
        self.account.now += timedelta(minutes=minutes)
        self.sagemaker.clock = self.account.now

    def _enqueue(
        self, name: str, delivered: Delivered, detail: dict[str, Any] | None = None
    ) -> None:
        event = self._event(name, detail)
        self.queue.append((event, delivered))

    def _event(self, name: str, detail: dict[str, Any] | None = None) -> dict[str, Any]:
        time = format_time(self.account.now)
        event: dict[str, Any] = load_event(name, detail, time=time, id=f"{name}-{time}")
        return event

    def _endpoint_event(self) -> dict[str, Any]:
        return self._event("endpoint")

    def _reconcile(self) -> tuple[dict[str, Any], Delivered]:
        as_of = format_time(self.account.now)
        event = {"source": "driftloop.reconcile", "model": "late", "as_of": as_of}
        return event, Delivered(self.account.now, reconcile=True)

    def _check_delivery(self, event: Delivered) -> bool:
        before = {number: item.status for number, item in self.reference.versions.items()}
        serving = self.reference.champion.version
        updates = len(self.reference.updates)
        succeeds = self.reference.deliver(event)
        self._check_updates(updates, before, serving)
        return succeeds

    def _check_updates(self, first: int, before: Mapping[int, str], serving: int) -> None:
        """What is deployed is approved, and not from before the approval of what serves.

        But the version that serves gets other settings, whether it is approved or not. It may have
        been approved again without an event that was delivered yet, or during the release that ends
        with this delivery.
        """
        approved_at = self.account.approved_at
        known_at = self.reference.versions[serving].approved_at or NEVER
        for version, purpose in self.reference.updates[first:]:
            if purpose != "serving_settings":
                assert self.account.registry[version] == "Approved"
            is_kept = self.account.registry[serving] == "Approved"
            if purpose == "approval" and is_kept and before.get(serving) == "promoted":
                assert version == serving or approved_at[version] > known_at

    def _champion(self) -> ChampionItem:
        champion = self.ledger.get(ChampionItem)
        assert champion is not None
        return champion

    def found(self) -> dict[str, Any]:
        champion, release = self._champion(), self.ledger.get(ReleaseItem)
        endpoint = self.sagemaker.endpoint
        pending = endpoint.get("PendingDeploymentSummary", {}).get("EndpointConfigName")
        return {
            "champion": (
                champion.version,
                champion.serving_settings_digest,
                champion.failed_settings_digest,
            ),
            "in progress": release and (release.version, release.purpose),
            "statuses": {item.version: item.status for item in self.ledger.query(VersionItem)},
            "serves": self.sagemaker.version_of(endpoint["EndpointConfigName"]),
            "pending": pending and self.sagemaker.version_of(pending),
            "updates": self.sagemaker.updated_versions,
        }


def _digest(world: World) -> str:
    response = world.aws.client("ssm").get_parameter(Name="/driftloop/test/late/serving")
    return ServingSettings.from_json(response["Parameter"]["Value"]).digest


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def account() -> Iterator[None]:
    with mock_aws():
        yield


TestRelease = ReleaseMachine.TestCase
TestRelease.settings = machine_settings(examples=8, steps=25)
