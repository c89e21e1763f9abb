"""What an alarm is made of: metrics, a rule, and words for whom it wakes."""

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
    """One metric as an alarm reads it; ``statistic`` is CloudWatch's name of it, or ``p99``."""

    id: str
    namespace: str
    name: str
    statistic: str
    dimensions: dict[str, str]


@dataclass(frozen=True, slots=True)
class AlarmCondition:
    """When an alarm goes off: ``needed`` of the last ``of`` periods (seconds) breach."""

    metrics: tuple[AlarmMetric, ...]
    threshold: float
    period_seconds: int
    treat_missing_data: TreatMissingData
    comparison_operator: ComparisonOperator = "GreaterThanOrEqualToThreshold"
    datapoints_to_alarm: int = 1
    evaluation_periods: int = 1
    expression: str | None = None
    """Metric math over the ids of ``series``; none where there is one series."""


@dataclass(frozen=True, slots=True)
class AlarmContext:
    """Whose alarm it is."""

    names: ResourceNames
    model: str
    settings: ModelSettings

    @property
    def window(self) -> int:
        """Length of an analysis window in seconds: the period of what is judged by window."""
        return self.settings.monitoring.window_hours * 3600

    def own(self, metric: CloudWatchMetric, id_: str = "m") -> AlarmMetric:
        """A metric that driftloop publishes; PutMetricData may repeat itself, hence Maximum."""
        where = dimensions(self.names.environment, self.model)
        return AlarmMetric(id_, METRIC_NAMESPACE, metric.name, "Maximum", where)

    def endpoint(self, name: str, statistic: str, id_: str = "m") -> AlarmMetric:
        """A metric that SageMaker publishes about the endpoint."""
        where = {"EndpointName": self.names.resource(self.model), "VariantName": VARIANT}
        return AlarmMetric(id_, "AWS/SageMaker", name, statistic, where)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm, complete: CloudFormation's resource and the fleet's table are made from it."""

    name: str
    kind: str
    condition: AlarmCondition
    description: str
    invokes_gate: bool = False
    requires_endpoint: bool = False
