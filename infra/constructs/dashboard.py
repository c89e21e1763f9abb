"""Dashboards: the fleet at a glance, and one model in depth."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from driftloop.config import Config
from driftloop.contract import cloudwatch_metrics as t
from driftloop.contract.resource_names import METRIC_NAMESPACE, VARIANT
from infra.alarms.table import ALARMS
from infra.arns import Arns

WIDTH = 24


def fleet_dashboard(scope: Construct, config: Config, places: Arns) -> cloudwatch.Dashboard:
    """Every model's alarms, and drifted features of all models in one graph."""
    names = places.names
    dashboard = cloudwatch.Dashboard(scope, "Dashboard", dashboard_name=names.fleet_dashboard)
    dashboard.add_widgets(
        cloudwatch.GraphWidget(
            title="Drifted features per window",
            width=WIDTH,
            left=[
                _own(places, model, t.DRIFTED_FEATURES, settings.monitoring.window_hours, model)
                for model, settings in config.models.items()
            ],
        )
    )
    for model in config.models:
        dashboard.add_widgets(_alarm_states(scope, model, places))
    return dashboard


def model_dashboard(
    scope: Construct, model: str, window_hours: int, places: Arns
) -> cloudwatch.Dashboard:
    """Alarms, verdicts, data, traffic and loop of one model."""
    name = places.names.resource(model)
    dashboard = cloudwatch.Dashboard(scope, "Dashboard", dashboard_name=name)
    groups = {
        "Verdicts": (
            t.DRIFT_DETECTED,
            t.PREDICTION_DRIFT_DETECTED,
            t.INVALID_DATA_DETECTED,
            t.DRIFTED_FEATURES,
        ),
        "Drift that lasts": (
            t.PERSISTENT_DRIFT,
            t.PERSISTENT_PREDICTION_DRIFT,
            t.DAILY_DRIFT_DETECTED,
        ),
        "Records": (t.RECORDS_ANALYZED, t.LINES_REJECTED, t.REQUESTS_CAPTURED),
        "Data quality": (t.DATA_QUALITY_VIOLATIONS, t.LINES_REJECTED_SHARE),
        "Loop": (
            t.HEARTBEAT,
            t.ANALYSIS_FAILED,
            t.RETRAINING_FAILED,
            t.CHALLENGER_REJECTED,
            t.RELEASE_ROLLED_BACK,
        ),
    }
    dashboard.add_widgets(_alarm_states(scope, model, places))
    dashboard.add_widgets(
        *(
            cloudwatch.GraphWidget(
                title=title,
                width=WIDTH // 2,
                left=[_own(places, model, metric, window_hours) for metric in metrics],
            )
            for title, metrics in groups.items()
        )
    )
    dashboard.add_widgets(*_traffic(name))
    return dashboard


def _traffic(endpoint: str) -> list[cloudwatch.GraphWidget]:
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
        cloudwatch.GraphWidget(title="Requests", width=WIDTH // 2, left=counts),
        cloudwatch.GraphWidget(title="Latency (µs)", width=WIDTH // 2, left=latency),
    ]


def _alarm_states(scope: Construct, model: str, places: Arns) -> cloudwatch.AlarmStatusWidget:
    arns = {
        row.kind: places.arn("cloudwatch", f"alarm:{places.names.alarm(model, row.kind)}")
        for row in ALARMS
    }
    return cloudwatch.AlarmStatusWidget(
        title=f"Alarms of {model}",
        width=WIDTH,
        alarms=[
            cloudwatch.Alarm.from_alarm_arn(scope, f"State-{model}-{kind}", arn)
            for kind, arn in arns.items()
        ],
    )


def _own(
    places: Arns, model: str, metric: t.CloudWatchMetric, hours: int, label: str | None = None
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=METRIC_NAMESPACE,
        metric_name=metric.name,
        dimensions_map=t.dimensions(places.names.environment, model),
        statistic="Maximum",
        period=Duration.hours(hours),
        label=label or metric.name,
    )
