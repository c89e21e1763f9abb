"""docs/costs.md: what a fleet of one model costs to leave running, counted from the code."""

from dataclasses import dataclass

from docs.generator.configuration import SMALLEST
from docs.generator.markdown import head, table
from driftloop.config import Config, ModelSettings, load_config
from driftloop.contract.cloudwatch_metrics import METRICS
from driftloop.contract.resource_names import ResourceNames
from infra.alarms.definition import AlarmContext
from infra.alarms.table import ALARMS, shared_alarms

HOURS = 730
"""Of a month."""

PRICES = {
    "ml.m5.large, an hour": 0.115,
    "CloudWatch metric, a month": 0.30,
    "CloudWatch alarm, each metric in it, a month": 0.10,
    "CloudWatch dashboard, a month": 3.00,
    "KMS key, a month": 1.00,
    "Lambda on arm64, a GB-second": 0.0000133334,
    "Step Functions, a state transition": 0.000025,
    "S3, a GB and month": 0.023,
}
"""List prices of us-east-1 in US dollars, free tiers left out."""

RETRAINING_HOURS = 1.0
"""Assumed: four jobs of a quarter of an hour each."""
GB_SECONDS = 40
"""Assumed, of one analysis: five calls of some seconds at up to 2 GiB."""
TRANSITIONS = 12
"""Assumed, of one analysis."""
STORED_GB = 20
"""Assumed: 90 days of capture, reports, models."""

_INTRO = """\
One model at the default settings, in us-east-1, in US dollars a month. Prices are the public list
prices named below, free tiers left out; look up today's. Traffic, data transfer and logs come on
top. The endpoint is by far the largest part, and it is what you would pay without driftloop.
"""


@dataclass(frozen=True, slots=True)
class Item:
    """One line: what, how many units, at which price."""

    what: str
    units: float
    price: str

    @property
    def dollars(self) -> float:
        """A month's cost."""
        return self.units * PRICES[self.price]


def page() -> str:
    """The page's text."""
    items = bill()
    rows = [
        [item.what, f"{item.units:,.10g} × ${PRICES[item.price]:.10g}", f"{item.dollars:.2f}"]
        for item in items
    ]
    rows.append(["**together**", "", f"**{total(items):.2f}**"])
    rows.append(["of that, driftloop itself", "", f"{total(items[1:]):.2f}"])
    text = head("What it costs to leave running", "docs/generator/costs.py", _INTRO)
    text += "\n" + table(["what", "units × price", "$ a month"], rows)
    prices = [[name, f"${price:.10g}"] for name, price in PRICES.items()]
    text += "\n## Prices assumed\n\n" + table(["what", "price"], prices)
    return text + "\n" + _CHEAPER


def bill() -> list[Item]:
    """The lines of the bill, the endpoint first."""
    config = load_config(SMALLEST)
    name, model = next(iter(config.models.items()))
    windows = HOURS / model.monitoring.window_hours
    return [
        Item(
            f"endpoint: {model.serving.initial_instance_count} × {model.serving.instance_type}",
            model.serving.initial_instance_count * HOURS,
            "ml.m5.large, an hour",
        ),
        Item(
            f"retraining: at most {model.retraining.max_runs_per_30_days} runs",
            model.retraining.max_runs_per_30_days * RETRAINING_HOURS,
            "ml.m5.large, an hour",
        ),
        Item("published metrics", len(METRICS), "CloudWatch metric, a month"),
        Item(
            "metrics in alarms",
            _alarmed(config, name, model),
            "CloudWatch alarm, each metric in it, a month",
        ),
        Item("dashboards: fleet and model", 2, "CloudWatch dashboard, a month"),
        Item("encryption key", 1, "KMS key, a month"),
        Item("analysis functions", windows * GB_SECONDS, "Lambda on arm64, a GB-second"),
        Item("analysis runs", windows * TRANSITIONS, "Step Functions, a state transition"),
        Item("storage", STORED_GB, "S3, a GB and month"),
    ]


def total(items: list[Item]) -> float:
    """Dollars a month."""
    return sum(item.dollars for item in items)


def _alarmed(config: Config, name: str, model: ModelSettings) -> int:
    """Metrics in alarms: the model's, its dead letters', and the shared ones."""
    subject = AlarmContext(ResourceNames(config.environment), name, model)
    shared = shared_alarms(subject.names, queue="q", state_machine="s")
    own = sum(len(row.condition(subject).metrics) for row in ALARMS)
    return own + 1 + sum(len(alarm.condition.metrics) for alarm in shared)


_CHEAPER = """\
## Cheaper

- `serving.initial_instance_count: 1` halves the endpoint; a release then goes all at once, since a
canary
  needs two instances.
- `monitoring.window_hours: 24` judges once a day.
- `paused: true` starts no retraining and no release; `max_runs_per_30_days` bounds what
  the gate may spend.
"""
