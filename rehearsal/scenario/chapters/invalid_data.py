"""A data source changes a unit: the data is invalid, and the gate starts no retraining."""

from driftloop.retraining.gate import RefusalReason
from rehearsal.scenario.scenario_context import ScenarioContext

TITLE = "Invalid data is not drift"
TEXT = (
    "An upstream job sends temperatures in another unit. The window's verdict is invalid_data and "
    "the data-quality alarm changes to ALARM. The alarm invokes the gate, which refuses to retrain."
)


def play(context: ScenarioContext) -> None:
    """Send one invalid hour, and a valid one after it."""
    start = context.position()
    context.terminal.show_progress("an hour with temperatures in another unit")
    context.send_hour(context.flights.next_invalid_hour())
    verdicts = context.verdicts(since=start)
    context.expect("the hour's verdict is invalid_data", verdicts == ["invalid_data"], verdicts)
    alarm = context.alarm_name("data-quality")
    raised = context.raised_alarms(since=start)
    context.expect(f"the alarm {alarm} changes to ALARM", alarm in raised, raised)
    starts = context.decision_reasons("start", since=start)
    context.expect("the gate starts no retraining", not starts, starts)
    refusals = context.decision_reasons("refuse", since=start)
    context.expect(
        f"the gate refuses a retraining with reason {RefusalReason.INVALID_DATA}",
        RefusalReason.INVALID_DATA in refusals,
        refusals,
    )
    context.send_hour(context.flights.next_drifted_hour())
