"""docs/metrics.md, from the table of published metrics."""

from docs.generator.markdown import head, table
from driftloop.contract.cloudwatch_metrics import METRICS
from driftloop.contract.resource_names import METRIC_NAMESPACE

_INTRO = f"""\
All metrics are in the CloudWatch namespace `{METRIC_NAMESPACE}`, with the dimensions `Environment`
and `Model`. PutMetricData is not idempotent, so alarms and dashboards use the statistic Maximum.
The metrics of a window are dated one minute before its end: CloudWatch shows data points at once
only if they are less than 3 hours old. `Heartbeat` and the metrics of events are dated when they
are published.
CloudWatch charges for each metric, so there are no metrics per feature: the report has those.
"""


def page() -> str:
    """Return the text of the page."""
    rows = [[f"`{metric.name}`", metric.unit, metric.meaning] for metric in METRICS]
    text = head("Published metrics", "driftloop/contract/cloudwatch_metrics.py", _INTRO)
    return text + "\n" + table(["metric", "unit", "meaning"], rows)
