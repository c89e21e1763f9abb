"""docs/alarms.md, from the alarm table, with the thresholds that the defaults give."""

from docs.generator.configuration import SMALLEST
from docs.generator.markdown import head, table
from driftloop.config import load_config
from driftloop.contract.resource_names import ResourceNames
from infra.alarms.definition import AlarmCondition, AlarmContext
from infra.alarms.table import ALARMS, shared_alarms

_INTRO = """\
Every model has these, named `driftloop-ENVIRONMENT-MODEL-KIND`; conditions are those of the default
settings. Each goes to the notification topic, and its text says what happened, why, and what to do
next; [the runbook](runbook.md) says more. "Asks the gate": going off may start a retraining, or
puts a refusal on record.
"""

_WORDS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
}


def page() -> str:
    """The page's text."""
    config = load_config(SMALLEST)
    name, settings = next(iter(config.models.items()))
    subject = AlarmContext(ResourceNames(config.environment), name, settings)
    rows = [
        [
            f"[`{row.kind}`](runbook.md#{row.kind})",
            condition(row.condition(subject)),
            "yes" if row.invokes_gate else "",
            row.what,
        ]
        for row in ALARMS
    ]
    shared = [
        [
            f"[`{alarm.kind}`](runbook.md#{alarm.kind})",
            condition(alarm.condition),
            alarm.description,
        ]
        for alarm in shared_alarms(subject.names, queue="QUEUE", state_machine="ANALYSIS")
    ]
    text = head("Alarms", "infra/alarms/table.py", _INTRO) + "\n"
    text += table(["kind", "condition", "asks the gate", "what happened"], rows)
    text += "\n## Shared by all models\n\nDead-letter alarms stand for each queue.\n\n"
    return text + table(["kind", "condition", "text"], shared)


def condition(rule: AlarmCondition) -> str:
    """The rule in one line."""
    series = ", ".join(f"{s.name} ({s.statistic})" for s in rule.metrics)
    what = series
    if rule.expression:
        what = f"`{rule.expression}` over {series}"
    limit = f"{_WORDS[rule.comparison_operator]} {_plain(rule.threshold)}"
    length = _duration(rule.period_seconds)
    periods = f"{rule.datapoints_to_alarm} of {rule.evaluation_periods} periods of {length}"
    missing = {"notBreaching": "not breaching", "ignore": "ignored"}.get(
        rule.treat_missing_data, rule.treat_missing_data
    )
    return f"{what} {limit} in {periods}; missing data: {missing}"


def _duration(seconds: int) -> str:
    return f"{seconds // 3600} h" if seconds % 3600 == 0 else f"{seconds // 60} min"


def _plain(value: float) -> str:
    return f"{value:,.6f}".rstrip("0").rstrip(".")
