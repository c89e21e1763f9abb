"""What AWS's services do by roles that they assume, or as service principals."""

import logging
from collections.abc import Mapping
from typing import Any

from rehearsal.authorization import AccessDeniedError, Authorizer, Check, encryption_checks
from rehearsal.ministack import authorization, invocations, services, state_machines
from rehearsal.ministack.names import ACCOUNT, REGION
from rehearsal.sagemaker import ExecutionRole, S3Store

log = logging.getLogger(__name__)

CLOUDWATCH, LAMBDA = "cloudwatch.amazonaws.com", "lambda.amazonaws.com"
SAGEMAKER, STEP_FUNCTIONS = "sagemaker.amazonaws.com", "states.amazonaws.com"
LOGS = f"logs.{REGION}.amazonaws.com"

LOG_STREAM_APIS = ("CreateLogStream", "PutLogEvents")
LOG_DELIVERY_APIS = (
    "CreateLogDelivery",
    "GetLogDelivery",
    "UpdateLogDelivery",
    "DeleteLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "DescribeResourcePolicies",
    "DescribeLogGroups",
)
"""Source: Step Functions developer guide, "Using CloudWatch Logs to log execution history"."""


class ServiceRoles:
    """Authorizes Lambda, Step Functions, SageMaker, CloudWatch and CloudWatch Logs.

    ``environment`` is that of SageMaker's jobs and models, without credentials.
    """

    def __init__(self, authorizer: Authorizer, environment: Mapping[str, str]) -> None:
        self._authorizer = authorizer
        self._environment = dict(environment)
        self._sessions: dict[str, ExecutionRole] = {}

    def install(self) -> None:
        """Authorize what MiniStack's services do without a request over HTTP."""
        invocations.on_function_invocation(self._run_function)
        state_machines.on_state_machine_action(self._act_as_state_machine)
        services.on_resource_creation("AWS::Logs::LogGroup", before=self._create_log_group)
        services.on_resource_creation(
            "AWS::StepFunctions::StateMachine", before=self._create_state_machine
        )

    def assume_execution_role(self, role_arn: str, source_arn: str) -> ExecutionRole:
        """Return a session of the role that SageMaker assumes for a resource."""
        self._authorizer.assume_role(SAGEMAKER, role_arn, source_arn)
        if role_arn not in self._sessions:
            credentials = authorization.create_session(role_arn, "SageMaker")
            self._sessions[role_arn] = ExecutionRole(
                lambda *checks: self._authorizer.require_role(role_arn, "SageMaker", *checks),
                S3Store(
                    endpoint_url=self._environment["AWS_ENDPOINT_URL"], credentials=credentials
                ),
                self._environment | credentials,
            )
        return self._sessions[role_arn]

    def may_notify(self, topic_arn: str, alarm_arn: str) -> bool:
        """Return whether CloudWatch may publish an alarm's notification to a topic."""
        try:
            self._authorizer.require_service_to_publish(CLOUDWATCH, topic_arn, alarm_arn)
        except AccessDeniedError as error:
            log.warning("the alarm %s notifies nobody: %s", alarm_arn, error)
            return False
        return True

    def _run_function(self, config: Mapping[str, Any]) -> None:
        """Lambda assumes the function's role, and writes the function's log by it."""
        role, name = config["Role"], config["FunctionName"]
        self._authorizer.assume_role(LAMBDA, role, config["FunctionArn"])
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
        stream = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:log-stream:stream"
        checks = [Check(f"logs:{api}", stream) for api in LOG_STREAM_APIS]
        try:
            self._authorizer.require_role(role, name, *checks)
        except AccessDeniedError as error:
            log.warning("the function runs, and its log is lost: %s", error)

    def _act_as_state_machine(self, role: str, machine: str, action: str, resource: str) -> None:
        self._authorizer.assume_role(STEP_FUNCTIONS, role, machine)
        checks = [Check(action, resource)]
        if action == "s3:GetObject":
            bucket, _, key = resource.removeprefix("arn:aws:s3:::").partition("/")
            checks += encryption_checks.read_object(bucket, key)
        self._authorizer.require_role(role, machine.rpartition(":")[2], *checks)

    def _create_log_group(self, properties: Mapping[str, Any]) -> None:
        if key := properties.get("KmsKeyId"):
            checks = encryption_checks.encrypt_log_group(key, properties["LogGroupName"])
            self._authorizer.require_service(LOGS, *checks)

    def _create_state_machine(self, properties: Mapping[str, Any]) -> None:
        """Step Functions refuses a state machine whose role may not deliver its log."""
        if (properties.get("LoggingConfiguration") or {}).get("Destinations"):
            checks = [Check(f"logs:{api}", "*") for api in LOG_DELIVERY_APIS]
            self._authorizer.require_role(properties["RoleArn"], "StepFunctions", *checks)
