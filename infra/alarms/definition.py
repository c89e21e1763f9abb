"""The parts of an alarm: metrics, condition, description."""

from dataclasses import dataclass
from typing import Literal

from driftloop.config import ModelSettings
from driftloop.contract.cloudwatch_metrics import CloudWatchMetric, dimensions
from driftloop.contract.resource_names import METRIC_NAMESPACE, VARIANT, ResourceNames

TreatMissingData = Literal["ignore", "missing", "breaching", "notBreaching"]
ComparisonOperator = Literal[
    "GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold"
]


@dataclass(frozen=True, slots=True)
class AlarmMetric:
    """One metric that an alarm evaluates; ``statistic`` is CloudWatch's name of it, or ``p99``."""

    id: str
    namespace: str
    name: str
    statistic: str
    dimensions: dict[str, str]


@dataclass(frozen=True, slots=True)
class AlarmCondition:
    """When an alarm changes to ALARM; the fields have the names of CloudWatch's properties."""

    metrics: tuple[AlarmMetric, ...]
    threshold: float
    period_seconds: int
    treat_missing_data: TreatMissingData
    comparison_operator: ComparisonOperator = "GreaterThanOrEqualToThreshold"
    datapoints_to_alarm: int = 1
    evaluation_periods: int = 1
    expression: str | None = None
    """Metric math over the ids of ``metrics``; None for a single metric."""


@dataclass(frozen=True, slots=True)
class AlarmContext:
    """The model that an alarm belongs to."""

    names: ResourceNames
    model: str
    settings: ModelSettings

    @property
    def window_seconds(self) -> int:
        """Length of an analysis window: the period of metrics that are published once a window."""
        return self.settings.monitoring.window_hours * 3600

    def driftloop_metric(self, metric: CloudWatchMetric, id_: str = "m") -> AlarmMetric:
        """Return a metric that driftloop publishes.

        The statistic is Maximum because a retry can publish the same value twice.
        """
        model_dimensions = dimensions(self.names.environment, self.model)
        return AlarmMetric(id_, METRIC_NAMESPACE, metric.name, "Maximum", model_dimensions)

    def endpoint_metric(self, name: str, statistic: str, id_: str = "m") -> AlarmMetric:
        """Return a metric that SageMaker publishes for the endpoint."""
        variant = {"EndpointName": self.names.resource(self.model), "VariantName": VARIANT}
        return AlarmMetric(id_, "AWS/SageMaker", name, statistic, variant)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A complete alarm. The CloudFormation resource and fleet.json are made from it."""

    name: str
    kind: str
    condition: AlarmCondition
    description: str
    invokes_gate: bool = False
    requires_endpoint: bool = False
    notifies: bool = True
    """Whether people are notified when it changes to ALARM and to OK."""
