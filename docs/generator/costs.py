"""docs/costs.md: the monthly cost of an environment with one model, calculated from the code."""

from dataclasses import dataclass

from docs.generator.configuration import MINIMAL_CONFIG
from docs.generator.markdown import head, table
from driftloop.config import Config, ModelSettings, load_config
from driftloop.contract.cloudwatch_metrics import METRICS
from driftloop.contract.resource_names import ResourceNames
from infra.alarms.definition import AlarmContext
from infra.alarms.table import model_stack_alarms, shared_stack_alarms

HOURS = 730
"""Hours in a month."""

PRICES = {
    "ml.m5.large, per hour": 0.115,
    "CloudWatch metric, per month": 0.30,
    "CloudWatch alarm, per metric and month": 0.10,
    "CloudWatch dashboard, per month": 3.00,
    "KMS key, per month": 1.00,
    "Lambda on arm64, per GB-second": 0.0000133334,
    "Step Functions, per state transition": 0.000025,
    "S3, per GB and month": 0.023,
}
"""List prices of us-east-1 in US dollars, without free tiers."""

RETRAINING_HOURS = 1.0
"""Assumed instance hours of one retraining: four jobs of a quarter of an hour each."""
GB_SECONDS = 40
"""Assumed Lambda GB-seconds of one analysis: five invocations of some seconds at up to 2 GiB."""
TRANSITIONS = 12
"""Assumed state transitions of one analysis."""
STORED_GB = 20
"""Assumed size of 90 days of capture, of reports and of models."""
PROVISIONING_MINUTES = 10
"""Assumed time until the new instances of a release are in service."""
DASHBOARDS = 2
"""One of all models, one per model."""

_INTRO = """\
One model at the default settings, in us-east-1, in US dollars per month. The prices are the public
list prices below, without free tiers; check the current ones. Requests, data transfer and logs are
not included. The endpoint is the largest part, and you pay for it without driftloop, too.
"""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the bill: what, how many units, and the key of the price."""

    what: str
    units: float
    price: str

    @property
    def dollars(self) -> float:
        """Cost per month."""
        return self.units * PRICES[self.price]


def page() -> str:
    """Return the text of the page."""
    items = bill()
    rows = [
        [item.what, f"{item.units:,.10g} × ${PRICES[item.price]:.10g}", f"{item.dollars:.2f}"]
        for item in items
    ]
    rows.append(["**total**", "", f"**{total(items):.2f}**"])
    rows.append(["driftloop without the endpoint", "", f"{total(items[1:]):.2f}"])
    text = head("Monthly cost", "docs/generator/costs.py", _INTRO)
    text += "\n" + table(["what", "units × price", "$ per month"], rows)
    text += "\n" + _release_cost()
    prices = [[name, f"${price:.10g}"] for name, price in PRICES.items()]
    text += "\n## Assumed prices\n\n" + table(["what", "price"], prices)
    return text + "\n" + _CHEAPER


def bill() -> list[Item]:
    """Return the lines of the bill; the endpoint is the first."""
    config = load_config(MINIMAL_CONFIG)
    name, model = next(iter(config.models.items()))
    windows = HOURS / model.monitoring.window_hours
    return [
        Item(
            f"endpoint: {model.serving.initial_instance_count} × {model.serving.instance_type}",
            model.serving.initial_instance_count * HOURS,
            "ml.m5.large, per hour",
        ),
        Item(
            f"retraining: at most {model.retraining.max_runs_per_30_days} executions",
            model.retraining.max_runs_per_30_days * RETRAINING_HOURS,
            "ml.m5.large, per hour",
        ),
        Item("published metrics", len(METRICS), "CloudWatch metric, per month"),
        Item(
            "metrics in alarms",
            _count_alarm_metrics(config, name, model),
            "CloudWatch alarm, per metric and month",
        ),
        Item("dashboards: fleet and model", DASHBOARDS, "CloudWatch dashboard, per month"),
        Item("encryption key", 1, "KMS key, per month"),
        Item("analysis functions", windows * GB_SECONDS, "Lambda on arm64, per GB-second"),
        Item("analysis executions", windows * TRANSITIONS, "Step Functions, per state transition"),
        Item("storage", STORED_GB, "S3, per GB and month"),
    ]


def total(items: list[Item]) -> float:
    """Return dollars per month."""
    return sum(item.dollars for item in items)


def _count_alarm_metrics(config: Config, name: str, model: ModelSettings) -> int:
    """Count the metrics in the alarms of a model's stack and of the shared stack."""
    context = AlarmContext(ResourceNames(config.environment), name, model)
    alarms = (
        *model_stack_alarms(context, queue_name="QUEUE"),
        *shared_stack_alarms(context.names, queue_name="QUEUE", state_machine_arn="ARN"),
    )
    return sum(len(alarm.condition.metrics) for alarm in alarms)


def release_item() -> Item:
    """Return the cost of one release: the new fleet beside the previous one."""
    model = next(iter(load_config(MINIMAL_CONFIG).models.values()))
    serving = model.serving
    hours = (PROVISIONING_MINUTES + 2 * serving.bake_minutes) / 60
    return Item(
        f"a second fleet: {serving.initial_instance_count} × {serving.instance_type}",
        serving.initial_instance_count * hours,
        "ml.m5.large, per hour",
    )


def _release_cost() -> str:
    serving = next(iter(load_config(MINIMAL_CONFIG).models.values())).serving
    item = release_item()
    row = [item.what, f"{item.units:.3g} × ${PRICES[item.price]:.10g}", f"{item.dollars:.2f}"]
    intro = _RELEASE.format(bake=serving.bake_minutes, start=PROVISIONING_MINUTES)
    return intro + table(["what", "units × price", "$ per release"], [row])


_RELEASE = """\
## A release

A release keeps the previous fleet until the new one serves
([blue/green deployment](https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html)):
you pay for a second fleet while it starts (assumed: {start} minutes), during the canary
(`serving.bake_minutes`: {bake}), and until the previous fleet is terminated ({bake} more). It also
needs [quotas for twice the instances](deployment.md#quotas). The first endpoint is created without
a second fleet.

"""

_CHEAPER = """\
## How to reduce the cost

- `serving.initial_instance_count: 1` halves the cost of the endpoint. A release is then deployed
  all at once, because a canary needs two instances.
- `monitoring.window_hours: 24` runs one analysis per day.
- `retraining.max_runs_per_30_days` limits the cost of retraining; `paused: true` prevents
  retraining and releases.
"""
