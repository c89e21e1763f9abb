"""Names of the AWS resources that a policy names or that two components share.

CloudFormation generates the other names (buckets, the table, the KMS key).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from driftloop.model_names import resource_part

VARIANT = "AllTraffic"
"""The production variant: its name must be the same in all endpoint configs of an endpoint."""

EVENT_SOURCE = "driftloop"
METRIC_NAMESPACE = "driftloop"


@dataclass(frozen=True, slots=True)
class ResourceNames:
    """Names within one environment. ``model`` arguments are names in driftloop.yaml."""

    environment: str

    @property
    def prefix(self) -> str:
        """First part of every name."""
        return f"driftloop-{self.environment}"

    # shared
    @property
    def data_stack(self) -> str:
        """The retained stack: key, buckets, ledger."""
        return f"{self.prefix}-data"

    @property
    def shared_stack(self) -> str:
        """The stack of analysis, gate and release."""
        return f"{self.prefix}-shared"

    @property
    def state_machine(self) -> str:
        """The analysis state machine."""
        return f"{self.prefix}-analysis"

    @property
    def topic(self) -> str:
        """The SNS topic of the notifications."""
        return f"{self.prefix}-notifications"

    def fleet_dashboard(self, region: str) -> str:
        """The dashboard over all models; the dashboards of all regions share one namespace."""
        return f"{self.prefix}-fleet-{region}"

    def function(self, name: str) -> str:
        """The Lambda function of the folder ``lambdas/<name>``."""
        return f"{self.prefix}-{name.replace('_', '-')}"

    # per model
    def resource(self, model: str) -> str:
        """The model's endpoint, pipeline and package group (<= 49 characters)."""
        return f"{self.prefix}-{resource_part(model)}"

    def model_stack(self, model: str) -> str:
        """The model's stack."""
        return f"{self.prefix}-model-{resource_part(model)}"

    def stacks_without_model(self, stacks: Iterable[str], models: Iterable[str]) -> list[str]:
        """The stacks of models, sorted, whose model is none of ``models``."""
        expected = {self.model_stack(model) for model in models}
        return sorted(
            stack
            for stack in stacks
            if stack.startswith(self.model_stack("")) and stack not in expected
        )

    def dashboard(self, model: str, region: str) -> str:
        """The model's dashboard; the dashboards of all regions share one namespace."""
        return f"{self.resource(model)}-{region}"

    def role(self, model: str, kind: str, region: str) -> str:
        """The model's role of a kind, ``endpoint`` or ``pipeline`` (<= 64 characters).

        IAM's names are the same in all regions, so they contain one. The role's path has the rest
        of the prefix.
        """
        return f"{self.environment}-{resource_part(model)}-{kind}-{region}"

    def alarm(self, model: str, kind: str) -> str:
        """An alarm. To find its model, read the fleet's table of alarms; do not parse the name."""
        return f"{self.resource(model)}-{kind}"

    def release(self, model: str, version: int, suffix: str) -> str:
        """SageMaker Model and EndpointConfig of one release (<= 63 characters).

        ``suffix`` (6 hexadecimal characters) distinguishes releases of the same version.
        """
        return f"{self.resource(model)}-v{version}-{suffix}"

    def initial_release(self, model: str, version: int | str) -> str:
        """SageMaker Model and EndpointConfig that CloudFormation creates.

        At most 63 characters for versions below 10000. No release has this name, whose suffix has
        7 characters. It has the version, because a stack that is deleted and deployed again may
        create its endpoint with another one.
        """
        return f"{self.resource(model)}-v{version}-initial"

    def serving_parameter(self, model: str) -> str:
        """The SSM parameter of the serving settings."""
        return f"/driftloop/{self.environment}/{model}/serving"


def delete_stack_command(stack: str) -> str:
    """The command that deletes the stack of a removed model: `cdk deploy` deletes no stack."""
    return f"aws cloudformation delete-stack --stack-name {stack}"


def execution_name(model: str, window_label: str, revision: int) -> str:
    """Name of an analysis execution: Step Functions starts it once per window and revision."""
    return f"{model}-{window_label}-r{revision}"
