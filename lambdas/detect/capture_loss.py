"""The share of requests that data capture lost: SageMaker reports no error when capture fails."""

from datetime import timedelta

from driftloop.contract.resource_names import VARIANT
from lambdas.aws.context import AnalysisContext

_PERIOD_SECONDS = int(timedelta(hours=1).total_seconds())


def capture_loss(context: AnalysisContext, captured: int) -> float | None:
    """Share of the window's requests that should have been captured and were not.

    It is computed here and not in the alarm: a CloudWatch period is aligned to the clock, so that
    an alarm would compare requests of one window with captured requests of another.

    Args:
        context: The analysis of the window.
        captured: Requests that were captured in the window.

    Returns:
        0 to 1; None if the endpoint was not invoked.
    """
    sampled = context.settings.serving.capture_sampling_percentage / 100
    expected = _invocations(context) * sampled
    return max(0.0, 1 - captured / expected) if expected else None


def _invocations(context: AnalysisContext) -> float:
    """Invocations of the endpoint in the window."""
    response = context.aws.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Dimensions=[
            {"Name": "EndpointName", "Value": context.resource},
            {"Name": "VariantName", "Value": VARIANT},
        ],
        StartTime=context.window.start,
        EndTime=context.window.end,
        Period=_PERIOD_SECONDS,
        Statistics=["Sum"],
    )
    return sum(float(point["Sum"]) for point in response["Datapoints"])
