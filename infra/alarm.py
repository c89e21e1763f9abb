"""What an alarm is made of: metrics, a rule, and words for whom it wakes."""

from dataclasses import dataclass
from typing import Literal

from driftloop.config import Model
from driftloop.contract.names import METRIC_NAMESPACE, VARIANT, Names
from driftloop.contract.telemetry import Metric, dimensions

Missing = Literal["ignore", "missing", "breaching", "notBreaching"]
Comparison = Literal["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold"]


@dataclass(frozen=True, slots=True)
class Series:
    """One metric as an alarm reads it; ``statistic`` is CloudWatch's name of it, or ``p99``."""

    id: str
    namespace: str
    name: str
    statistic: str
    dimensions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """When an alarm goes off: ``needed`` of the last ``of`` periods (seconds) breach."""

    series: tuple[Series, ...]
    threshold: float
    period: int
    missing: Missing
    comparison: Comparison = "GreaterThanOrEqualToThreshold"
    needed: int = 1
    of: int = 1
    expression: str | None = None
    """Metric math over the ids of ``series``; none where there is one series."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose alarm it is."""

    names: Names
    model: str
    settings: Model

    @property
    def window(self) -> int:
        """Length of an analysis window in seconds: the period of what is judged by window."""
        return self.settings.monitoring.window_hours * 3600

    def own(self, metric: Metric, id_: str = "m") -> Series:
        """A metric that driftloop publishes; PutMetricData may repeat itself, hence Maximum."""
        where = dimensions(self.names.environment, self.model)
        return Series(id_, METRIC_NAMESPACE, metric.name, "Maximum", where)

    def endpoint(self, name: str, statistic: str, id_: str = "m") -> Series:
        """A metric that SageMaker publishes about the endpoint."""
        where = {"EndpointName": self.names.resource(self.model), "VariantName": VARIANT}
        return Series(id_, "AWS/SageMaker", name, statistic, where)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm, complete: CloudFormation's resource and the fleet's table are made from it."""

    name: str
    kind: str
    rule: Rule
    description: str
    asks_gate: bool = False
    needs_endpoint: bool = False
