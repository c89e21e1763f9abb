"""How much of what the endpoint answered was not captured: data capture stops without a word."""

from datetime import timedelta

from driftloop.contract.resource_names import VARIANT
from lambdas.aws.context import AnalysisContext

_HOUR = int(timedelta(hours=1).total_seconds())


def capture_loss(context: AnalysisContext, captured: int) -> float | None:
    """Share of the window's requests that should have been captured and were not; None where the
    endpoint was asked nothing.

    It is worked out here, since an alarm can look at hours and days of the clock but at no other
    windows: of these it would hold requests of one against captured ones of another.
    """
    sampled = context.settings.serving.capture_sampling_percentage / 100
    expected = _requests(context) * sampled
    return max(0.0, 1 - captured / expected) if expected else None


def _requests(context: AnalysisContext) -> float:
    """Requests that the endpoint was sent in the window, by the hour."""
    answer = context.aws.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Dimensions=[
            {"Name": "EndpointName", "Value": context.resource},
            {"Name": "VariantName", "Value": VARIANT},
        ],
        StartTime=context.window.start,
        EndTime=context.window.end,
        Period=_HOUR,
        Statistics=["Sum"],
    )
    return sum(float(point["Sum"]) for point in answer["Datapoints"])
