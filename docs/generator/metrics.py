"""docs/metrics.md, from the table of published metrics."""

from docs.generator.markdown import head, table
from driftloop.contract.cloudwatch_metrics import METRICS
from driftloop.contract.resource_names import METRIC_NAMESPACE

_INTRO = f"""\
All are in the CloudWatch namespace `{METRIC_NAMESPACE}` with the dimensions `Environment` and
`Model`. PutMetricData is not idempotent, so alarms and widgets read the Maximum. CloudWatch charges
for each metric and month, so these few are per model; what concerns one feature is in the report.
"""


def page() -> str:
    """The page's text."""
    rows = [[f"`{metric.name}`", metric.unit, metric.meaning] for metric in METRICS]
    text = head("Published metrics", "driftloop/contract/cloudwatch_metrics.py", _INTRO)
    return text + "\n" + table(["metric", "unit", "meaning"], rows)
