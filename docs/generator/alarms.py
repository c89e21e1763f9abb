"""docs/alarms.md, from the alarm table, with the thresholds that the defaults give."""

from docs.generator.configuration import MINIMAL_CONFIG
from docs.generator.markdown import head, table
from driftloop.config import load_config
from driftloop.contract.resource_names import ResourceNames
from infra.alarms.definition import AlarmCondition, AlarmContext
from infra.alarms.table import ALARMS, shared_stack_alarms

_INTRO = """\
Every model has the alarms of this table, named `driftloop-ENVIRONMENT-MODEL-KIND`. The conditions
are those of the default settings. An alarm that notifies sends a message to the SNS topic when its
state changes to ALARM or to OK. Its description says what happened, why, and what to do next; the
[runbook](runbook.md) gives details. An alarm that invokes the gate can start a retraining; a
refusal is recorded.
"""

_SHARED_INTRO = """\
Every model's stack and the shared stack have a dead-letter queue with its own alarm.
"""

_OPERATORS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
}


def page() -> str:
    """Return the text of the page."""
    config = load_config(MINIMAL_CONFIG)
    name, settings = next(iter(config.models.items()))
    context = AlarmContext(ResourceNames(config.environment), name, settings)
    rows = [
        [
            f"[`{row.kind}`](runbook.md#{row.kind})",
            describe_condition(condition),
            "yes" if row.invokes_gate else "",
            "yes" if row.notifies else "no",
            row.what,
        ]
        for row in ALARMS
        if (condition := row.condition(context)) is not None
    ]
    shared = [
        [
            f"[`{alarm.kind}`](runbook.md#{alarm.kind})",
            describe_condition(alarm.condition),
            alarm.description,
        ]
        for alarm in shared_stack_alarms(context.names, queue_name="QUEUE", state_machine_arn="ARN")
    ]
    text = head("Alarms", "infra/alarms/table.py", _INTRO) + "\n"
    text += table(["kind", "condition", "invokes the gate", "notifies", "what happened"], rows)
    text += f"\n## Shared by all models\n\n{_SHARED_INTRO}\n"
    return text + table(["kind", "condition", "description"], shared)


def describe_condition(condition: AlarmCondition) -> str:
    """Return the condition in one line."""
    metrics = ", ".join(f"{metric.name} ({metric.statistic})" for metric in condition.metrics)
    value = f"`{condition.expression}` over {metrics}" if condition.expression else metrics
    operator = _OPERATORS[condition.comparison_operator]
    limit = f"{operator} {_format_threshold(condition.threshold)}"
    length = _format_duration(condition.period_seconds)
    datapoints, periods = condition.datapoints_to_alarm, condition.evaluation_periods
    missing = {"notBreaching": "not breaching", "ignore": "ignored"}.get(
        condition.treat_missing_data, condition.treat_missing_data
    )
    return (
        f"{value} {limit} in {datapoints} of {periods} periods of {length}; missing data: {missing}"
    )


def _format_duration(seconds: int) -> str:
    return f"{seconds // 3600} h" if seconds % 3600 == 0 else f"{seconds // 60} min"


def _format_threshold(value: float) -> str:
    return f"{value:,.6f}".rstrip("0").rstrip(".")
