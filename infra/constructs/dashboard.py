"""CloudWatch dashboards: one for all models, and one per model."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from driftloop.config import Config, ModelSettings
from driftloop.contract import cloudwatch_metrics as published
from driftloop.contract.resource_names import METRIC_NAMESPACE, VARIANT
from infra.alarms.definition import AlarmContext
from infra.alarms.table import model_alarms
from infra.arns import Arns

WIDTH = 24
"""Columns of a CloudWatch dashboard."""

DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph of driftloop's metrics of one model."""

    title: str
    metrics: tuple[published.CloudWatchMetric, ...]
    is_daily: bool = False
    """Whether the metrics are published once a day instead of once a window."""


GRAPHS = (
    Graph(
        "Verdicts",
        (
            published.DRIFT_DETECTED,
            published.PREDICTION_DRIFT_DETECTED,
            published.INVALID_DATA_DETECTED,
            published.DRIFTED_FEATURES,
        ),
    ),
    Graph(
        "Persistent drift",
        (
            published.PERSISTENT_DRIFT,
            published.PERSISTENT_PREDICTION_DRIFT,
            published.DAILY_DRIFT_DETECTED,
        ),
    ),
    Graph("Drift from training", (published.DRIFT_FROM_TRAINING,), is_daily=True),
    Graph(
        "Records and requests",
        (published.RECORDS_ANALYZED, published.LINES_REJECTED, published.REQUESTS_CAPTURED),
    ),
    Graph(
        "Data quality",
        (
            published.DATA_QUALITY_VIOLATIONS,
            published.LINES_REJECTED_SHARE,
        ),
    ),
    Graph(
        "Analyses, retrainings and releases",
        (
            published.HEARTBEAT,
            published.ANALYSIS_FAILED,
            published.RETRAINING_FAILED,
            published.CHALLENGER_REJECTED,
            published.RELEASE_ROLLED_BACK,
        ),
    ),
)
"""The graphs of a model's dashboard."""


def fleet_dashboard(scope: Construct, *, config: Config, arns: Arns) -> cloudwatch.Dashboard:
    """Create a dashboard of all models: their drifted features in one graph, and their alarms."""
    dashboard = cloudwatch.Dashboard(
        scope, "Dashboard", dashboard_name=arns.names.fleet_dashboard(arns.stack.region)
    )
    dashboard.add_widgets(
        cloudwatch.GraphWidget(
            title="Drifted features per window",
            width=WIDTH,
            left=[
                _driftloop_metric(
                    arns,
                    model,
                    settings.monitoring.window_hours,
                    published.DRIFTED_FEATURES,
                    label=model,
                )
                for model, settings in config.models.items()
            ],
        )
    )
    for model, settings in config.models.items():
        dashboard.add_widgets(_alarm_status(scope, model, settings, arns))
    return dashboard


def model_dashboard(
    scope: Construct, *, model: str, settings: ModelSettings, arns: Arns
) -> cloudwatch.Dashboard:
    """Create a dashboard of one model: its alarms, driftloop's metrics, the endpoint's metrics."""
    name = arns.names.dashboard(model, arns.stack.region)
    dashboard = cloudwatch.Dashboard(scope, "Dashboard", dashboard_name=name)
    dashboard.add_widgets(_alarm_status(scope, model, settings, arns))
    dashboard.add_widgets(
        *(
            cloudwatch.GraphWidget(
                title=graph.title,
                width=WIDTH // 2,
                left=[
                    _driftloop_metric(
                        arns,
                        model,
                        DAY_HOURS if graph.is_daily else settings.monitoring.window_hours,
                        metric,
                        label=metric.name,
                    )
                    for metric in graph.metrics
                ],
            )
            for graph in GRAPHS
        )
    )
    dashboard.add_widgets(*_endpoint_graphs(name))
    return dashboard


def _endpoint_graphs(endpoint: str) -> list[cloudwatch.GraphWidget]:
    def metric(name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/SageMaker",
            metric_name=name,
            dimensions_map={"EndpointName": endpoint, "VariantName": VARIANT},
            statistic=statistic,
            period=Duration.minutes(1),
        )

    counts = [metric(name, "Sum") for name in ("Invocations", "Invocation5XXErrors")]
    latency = [metric("ModelLatency", "p50"), metric("ModelLatency", "p99")]
    return [
        cloudwatch.GraphWidget(title="Invocations", width=WIDTH // 2, left=counts),
        cloudwatch.GraphWidget(title="Model latency (µs)", width=WIDTH // 2, left=latency),
    ]


def _alarm_status(
    scope: Construct, model: str, settings: ModelSettings, arns: Arns
) -> cloudwatch.AlarmStatusWidget:
    alarm_arns = {
        alarm.kind: arns.arn("cloudwatch", f"alarm:{alarm.name}")
        for alarm in model_alarms(AlarmContext(arns.names, model, settings))
    }
    return cloudwatch.AlarmStatusWidget(
        title=f"Alarms of {model}",
        width=WIDTH,
        alarms=[
            cloudwatch.Alarm.from_alarm_arn(scope, f"State-{model}-{kind}", arn)
            for kind, arn in alarm_arns.items()
        ],
    )


def _driftloop_metric(
    arns: Arns,
    model: str,
    period_hours: int,
    metric: published.CloudWatchMetric,
    *,
    label: str,
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=METRIC_NAMESPACE,
        metric_name=metric.name,
        dimensions_map=published.dimensions(arns.names.environment, model),
        statistic="Maximum",
        period=Duration.hours(period_hours),
        label=label,
    )
