"""The shared stack: analysis, gate and release of one environment, for all of its models."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from driftloop.config import Config
from driftloop.contract.resource_names import ResourceNames
from infra.alarms import table
from infra.arns import Arns
from infra.assets import InitialModel, store_initial_model
from infra.constructs import analysis_state_machine
from infra.constructs.alarm import make_alarm
from infra.constructs.analysis_state_machine import AnalysisStateMachine
from infra.constructs.dashboard import fleet_dashboard
from infra.constructs.dead_letter_queue import DeadLetterQueue
from infra.constructs.event_rules import event_rules, make_event_rule
from infra.constructs.lambda_function import LambdaFunction
from infra.constructs.notification_topic import NotificationTopic
from infra.constructs.schedules import Schedules
from infra.lambda_packages import Target, build, function_package, write_text
from infra.permissions.analysis_state_machine import grant_analysis_state_machine
from infra.permissions.resources import ExternalFiles, FunctionResources
from infra.permissions.table import GRANTS
from infra.stacks.data import DataStack


@dataclass(frozen=True, slots=True)
class FunctionSize:
    """Memory in MiB and timeout in seconds of a function."""

    memory: int
    timeout: int


FUNCTIONS = {
    "start_analysis": FunctionSize(256, 120),
    # one vCPU: S3's responses of a million objects in each hour take minutes to parse
    "plan": FunctionSize(1769, 900),
    "profile": FunctionSize(2048, 600),
    "detect": FunctionSize(2048, 300),
    "notify_failure": FunctionSize(256, 30),
    "gate": FunctionSize(512, 120),
    # hashes a model archive; SageMaker waits 10 minutes for a Lambda step
    "describe_challenger": FunctionSize(1024, 540),
    "release": FunctionSize(512, 120),
    # three invocations for each model, one after the other
    "reconcile": FunctionSize(256, 300),
    "registry": FunctionSize(512, 600),
}
"""A new function is a row here, in ``ENVIRONMENT_VARIABLES`` and in ``GRANTS`` of
infra/permissions/table.py, and a folder below lambdas/."""

FLEET_FILE = ("FLEET_BUCKET", "FLEET_KEY")
ENVIRONMENT_VARIABLES = {
    "start_analysis": (*FLEET_FILE, "ANALYSIS_STATE_MACHINE_ARN", "LEDGER_TABLE", "TOPIC_ARN"),
    "plan": (*FLEET_FILE, "CAPTURE_BUCKET", "ANALYSIS_BUCKET", "LEDGER_TABLE"),
    "profile": ("CAPTURE_BUCKET", "ANALYSIS_BUCKET"),
    "detect": (*FLEET_FILE, "ANALYSIS_BUCKET", "LEDGER_TABLE", "TOPIC_ARN"),
    "notify_failure": ("TOPIC_ARN",),
    "gate": (
        *FLEET_FILE,
        "LEDGER_TABLE",
        "TOPIC_ARN",
        "GROUND_TRUTH_BUCKET",
        "ARTIFACTS_BUCKET",
    ),
    "describe_challenger": (),
    "release": (*FLEET_FILE, "LEDGER_TABLE", "TOPIC_ARN", "ARTIFACTS_BUCKET"),
    "reconcile": (*FLEET_FILE, "RELEASE_FUNCTION", "GATE_FUNCTION", "START_ANALYSIS_FUNCTION"),
    "registry": ("ARTIFACTS_BUCKET", "LEDGER_TABLE"),
}
"""The environment variables that each function reads, besides those that all functions read."""

RECONCILE_SCHEDULE = "cron(40 * * * ? *)"
"""Minute 40 of each hour: analyses start at minute 20."""


class SharedStack(Stack):
    """The resources that all models share; one stack per environment."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: Config,
        folder: Path,
        data: DataStack,
        target: Target,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id_, **stack)
        self._config, self._data, self._target = config, data, target
        self.names = ResourceNames(config.environment)
        self.arns = Arns(self, self.names)
        self.dead_letter_queue = DeadLetterQueue(
            self,
            "DeadLetterQueue",
            name=f"{self.names.prefix}-{table.DEAD_LETTER_QUEUE}",
            key=data.key,
        ).queue
        self.topic = NotificationTopic(
            self,
            "Notifications",
            name=self.names.topic,
            key=data.key,
            emails=config.notifications.emails,
        ).topic
        self._fleet = table.make_fleet(config)
        self._fleet_file = s3_assets.Asset(
            self, "Fleet", path=str(write_text("fleet.json", self._fleet.to_json()))
        )
        self.initial_models = self._store_initial_models(folder)
        self.functions = self._add_functions()
        self._add_state_machine()
        self._add_event_rules()
        self._add_schedules()
        self._add_alarms()
        fleet_dashboard(self, config=config, arns=self.arns)

    def _store_initial_models(self, folder: Path) -> dict[str, InitialModel]:
        """Files in this stack, because its function `registry` has to be allowed to read them."""
        files = {
            name: store_initial_model(self, name, settings=settings, folder=folder)
            for name, settings in self._config.models.items()
        }
        return {name: initial for name, initial in files.items() if initial is not None}

    def _add_functions(self) -> dict[str, lambda_.Function]:
        resources = FunctionResources(
            arns=self.arns,
            data=self._data,
            topic=self.topic,
            fleet_file=self._fleet_file,
            initial_files=self._initial_files(),
        )
        values = self._environment_values()
        functions = {}
        for name, size in FUNCTIONS.items():
            construct = self._lambda_function(name, size, values)
            GRANTS[name](construct.role, resources)
            functions[name] = construct.function
        return functions

    def _initial_files(self) -> ExternalFiles:
        keys = {
            key
            for name in self.initial_models
            for key in self._config.models[name].data_kms_key_arns
        }
        return ExternalFiles(
            objects=tuple(
                file
                for initial in self.initial_models.values()
                for file in (initial.model, initial.baseline)
            ),
            key_arns=tuple(sorted(keys)),
        )

    def _lambda_function(
        self, folder: str, size: FunctionSize, values: dict[str, str]
    ) -> LambdaFunction:
        variables = ENVIRONMENT_VARIABLES[folder]
        return LambdaFunction(
            self,
            "".join(part.capitalize() for part in folder.split("_")),
            folder=folder,
            name=self.names.function(folder),
            package=build(function_package(folder), self._target),
            environment={
                "DRIFTLOOP_ENVIRONMENT": self.names.environment,
                "POWERTOOLS_SERVICE_NAME": folder,
                **{variable: values[variable] for variable in variables},
            },
            key=self._data.key,
            dead_letter_queue=self.dead_letter_queue,
            log_days=self._config.retention.log_days,
            memory=size.memory,
            timeout=size.timeout,
        )

    def _environment_values(self) -> dict[str, str]:
        data = self._data
        return {
            "CAPTURE_BUCKET": data.capture.bucket_name,
            "GROUND_TRUTH_BUCKET": data.ground_truth.bucket_name,
            "ANALYSIS_BUCKET": data.analysis.bucket_name,
            "ARTIFACTS_BUCKET": data.artifacts.bucket_name,
            "LEDGER_TABLE": data.ledger.table_name,
            "TOPIC_ARN": self.topic.topic_arn,
            "ANALYSIS_STATE_MACHINE_ARN": self.arns.state_machine,
            "GATE_FUNCTION": self.names.function("gate"),
            "RELEASE_FUNCTION": self.names.function("release"),
            "START_ANALYSIS_FUNCTION": self.names.function("start_analysis"),
            "FLEET_BUCKET": self._fleet_file.s3_bucket_name,
            "FLEET_KEY": self._fleet_file.s3_object_key,
        }

    def _add_state_machine(self) -> None:
        functions = {name: self.functions[name] for name in analysis_state_machine.FUNCTIONS}
        analysis = AnalysisStateMachine(
            self,
            "Analysis",
            name=self.names.state_machine,
            functions=functions,
            key=self._data.key,
            log_days=self._config.retention.log_days,
        )
        grant_analysis_state_machine(
            analysis.role, arns=self.arns, data=self._data, functions=functions.values()
        )

    def _add_event_rules(self) -> None:
        prefix = self.arns.arn("sagemaker", f"pipeline/{self.names.prefix}-")
        for rule in event_rules(self._fleet, pipeline_arn_prefix=prefix):
            make_event_rule(
                self,
                rule,
                function=self.functions[rule.invokes],
                dead_letter_queue=self.dead_letter_queue,
            )

    def _add_schedules(self) -> None:
        schedules = Schedules(
            self, "Schedules", dead_letter_queue=self.dead_letter_queue, key=self._data.key
        )
        schedules.add(
            "Reconcile",
            name=f"{self.names.prefix}-reconcile",
            expression=RECONCILE_SCHEDULE,
            function_arn=self.functions["reconcile"].function_arn,
            payload={},
            description="Completes releases and pipeline executions whose events were lost, and"
            " starts missed analyses.",
        )

    def _add_alarms(self) -> None:
        for alarm in table.shared_stack_alarms(
            self.names,
            queue_name=self.dead_letter_queue.queue_name,
            state_machine_arn=self.arns.state_machine,
        ):
            make_alarm(self, alarm, topic=self.topic)
