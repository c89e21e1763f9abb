"""docs/alarms.md, from the alarm table, with the thresholds that the defaults give."""

from docs.generator.configuration import SMALLEST
from docs.generator.markdown import head, table
from driftloop.config import load_config
from driftloop.contract.names import Names
from infra.alarm import Rule, Subject
from infra.alarms import ROWS, shared_alarms

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
    subject = Subject(Names(config.environment), name, settings)
    rows = [
        [
            f"[`{row.kind}`](runbook.md#{row.kind})",
            condition(row.rule(subject)),
            "yes" if row.asks_gate else "",
            row.what,
        ]
        for row in ROWS
    ]
    shared = [
        [f"[`{alarm.kind}`](runbook.md#{alarm.kind})", condition(alarm.rule), alarm.description]
        for alarm in shared_alarms(subject.names, queue="QUEUE", state_machine="ANALYSIS")
    ]
    text = head("Alarms", "infra/alarms.py", _INTRO) + "\n"
    text += table(["kind", "condition", "asks the gate", "what happened"], rows)
    text += "\n## Shared by all models\n\nDead-letter alarms stand for each queue.\n\n"
    return text + table(["kind", "condition", "text"], shared)


def condition(rule: Rule) -> str:
    """The rule in one line."""
    series = ", ".join(f"{s.name} ({s.statistic})" for s in rule.series)
    what = series
    if rule.expression:
        what = f"`{rule.expression}` over {series}"
    limit = f"{_WORDS[rule.comparison]} {_plain(rule.threshold)}"
    periods = f"{rule.needed} of {rule.of} periods of {_duration(rule.period)}"
    missing = {"notBreaching": "not breaching", "ignore": "ignored"}.get(rule.missing, rule.missing)
    return f"{what} {limit} in {periods}; missing data: {missing}"


def _duration(seconds: int) -> str:
    return f"{seconds // 3600} h" if seconds % 3600 == 0 else f"{seconds // 60} min"


def _plain(value: float) -> str:
    return f"{value:,.6f}".rstrip("0").rstrip(".")
