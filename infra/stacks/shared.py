"""The shared stack: analysis, gate and release of one environment, for all of its models."""

from dataclasses import dataclass
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from driftloop.config import Config
from driftloop.contract.resource_names import ResourceNames
from infra.alarms import table
from infra.arns import Arns
from infra.constructs.alarm import make_alarm
from infra.constructs.analysis_state_machine import Analysis
from infra.constructs.dashboard import fleet_dashboard
from infra.constructs.dead_letter_queue import DeadLetterQueue
from infra.constructs.event_rules import make_rule, rules
from infra.constructs.lambda_function import Function
from infra.constructs.notification_topic import NotificationTopic
from infra.constructs.schedules import Schedules
from infra.lambda_packages import Target, build, function_package, write_text
from infra.lambda_permissions import Permissions
from infra.stacks.data import DataStack


@dataclass(frozen=True, slots=True)
class FunctionSize:
    """Memory in MiB and time limit in seconds of a function."""

    memory: int
    timeout: int


FUNCTIONS = {
    "start_analysis": FunctionSize(256, 30),
    "plan": FunctionSize(512, 120),
    "profile": FunctionSize(2048, 600),
    "detect": FunctionSize(2048, 300),
    "notify_failure": FunctionSize(256, 30),
    "gate": FunctionSize(512, 120),
    "release": FunctionSize(512, 120),
    "reconcile": FunctionSize(256, 60),
}
"""A new function is one row here, one of its permissions, and one folder under lambdas/."""

ANALYSIS_STEPS = ("plan", "profile", "detect", "notify_failure")
RECONCILED = "cron(40 * * * ? *)"
"""Between two analyses (minute 20), when nothing else is due."""


class SharedStack(Stack):
    """One per environment."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: Config,
        data: DataStack,
        target: Target,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id_, **stack)
        self._config, self._data, self._target = config, data, target
        self.names = ResourceNames(config.environment)
        self.places = Arns(self, self.names)
        self.dead_letter_queue = DeadLetterQueue(
            self, "DeadLetters", name=f"{self.names.prefix}-dead-letter-queue", key=data.key
        ).queue
        self.topic = NotificationTopic(
            self,
            "Notifications",
            name=self.names.topic,
            key=data.key,
            emails=config.notifications.emails,
        ).topic
        self._fleet = table.fleet(config)
        self._fleet_file = s3_assets.Asset(
            self, "Fleet", path=str(write_text("fleet.json", self._fleet.to_json()))
        )
        machine = self.places.arn("states", f"stateMachine:{self.names.state_machine}")
        self.functions = {
            name: self._function(name, size, machine) for name, size in FUNCTIONS.items()
        }
        self._analysis()
        self._wake()
        self._alarms()
        fleet_dashboard(self, config, self.places)

    def _function(self, folder: str, size: FunctionSize, machine: str) -> lambda_.Function:
        made = Function(
            self,
            "".join(part.capitalize() for part in folder.split("_")),
            folder=folder,
            name=self.names.function(folder),
            package=build(function_package(folder), self._target),
            environment=self._environment(folder, machine),
            key=self._data.key,
            dead_letter_queue=self.dead_letter_queue,
            log_days=self._config.retention.log_days,
            memory=size.memory,
            timeout=size.timeout,
        )
        Permissions(
            made.role, self.places, self._data, self.topic, self._fleet_file, machine
        ).grant(folder)
        return made.function

    def _environment(self, folder: str, machine: str) -> dict[str, str]:
        """As docs/architecture.md lists it."""
        data = self._data
        everything = {
            "CAPTURE_BUCKET": data.capture.bucket_name,
            "GROUND_TRUTH_BUCKET": data.ground_truth.bucket_name,
            "ANALYSIS_BUCKET": data.analysis.bucket_name,
            "LEDGER_TABLE": data.ledger.table_name,
            "TOPIC_ARN": self.topic.topic_arn,
            "ANALYSIS_STATE_MACHINE_ARN": machine,
            "GATE_FUNCTION": self.names.function("gate"),
            "RELEASE_FUNCTION": self.names.function("release"),
            "FLEET_BUCKET": self._fleet_file.s3_bucket_name,
            "FLEET_KEY": self._fleet_file.s3_object_key,
        }
        needed = {
            "DRIFTLOOP_ENVIRONMENT": self.names.environment,
            "POWERTOOLS_SERVICE_NAME": folder,
        }
        return needed | {name: everything[name] for name in _SETTINGS[folder]}

    def _analysis(self) -> None:
        Analysis(
            self,
            "Analysis",
            name=self.names.state_machine,
            functions={name: self.functions[name] for name in ANALYSIS_STEPS},
            bucket=self._data.analysis,
            key=self._data.key,
            log_days=self._config.retention.log_days,
        )

    def _wake(self) -> None:
        pipelines = self.places.arn("sagemaker", f"pipeline/{self.names.prefix}-")
        for rule in rules(self._fleet, pipelines=pipelines):
            make_rule(
                self,
                rule,
                function=self.functions[rule.asks],
                dead_letter_queue=self.dead_letter_queue,
            )
        Schedules(
            self, "Schedules", dead_letter_queue=self.dead_letter_queue, key=self._data.key
        ).add(
            "Reconcile",
            name=f"{self.names.prefix}-reconcile",
            expression=RECONCILED,
            function_arn=self.functions["reconcile"].function_arn,
            payload={},
            description="Looks after what lost events have left open.",
        )

    def _alarms(self) -> None:
        machine = self.places.arn("states", f"stateMachine:{self.names.state_machine}")
        for alarm in table.shared_alarms(
            self.names, queue=self.dead_letter_queue.queue_name, state_machine=machine
        ):
            make_alarm(self, alarm, topic=self.topic)


_FLEET = ("FLEET_BUCKET", "FLEET_KEY")
_SETTINGS = {
    "start_analysis": (*_FLEET, "ANALYSIS_STATE_MACHINE_ARN"),
    "plan": (*_FLEET, "CAPTURE_BUCKET", "ANALYSIS_BUCKET", "LEDGER_TABLE"),
    "profile": ("CAPTURE_BUCKET", "ANALYSIS_BUCKET"),
    "detect": (*_FLEET, "ANALYSIS_BUCKET", "LEDGER_TABLE", "TOPIC_ARN"),
    "notify_failure": (*_FLEET, "TOPIC_ARN"),
    "gate": (*_FLEET, "LEDGER_TABLE", "TOPIC_ARN", "GROUND_TRUTH_BUCKET"),
    "release": (*_FLEET, "LEDGER_TABLE", "TOPIC_ARN"),
    "reconcile": (*_FLEET, "RELEASE_FUNCTION", "GATE_FUNCTION"),
}
