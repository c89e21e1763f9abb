"""The traffic drifts: an alarm changes to ALARM, and the gate starts exactly one retraining."""

from rehearsal.scenario.scenario_context import ScenarioContext

TITLE = "Drift, an alarm, one retraining"
TEXT = (
    "Clients send flights of April to June: other weather, other delays. The drift alarm changes "
    "to ALARM when the same feature has drifted in two hours. The gate refuses a retraining until "
    "the cooldown after the last execution is over and enough labels have arrived. Then it starts "
    "one retraining, and refuses another while that one runs."
)
MAX_HOURS = 14
"""Hours until the gate must have started a retraining: cooldown and label delay are shorter."""


def play(context: ScenarioContext) -> None:
    """Send drifted hours until the gate starts a retraining, then one hour more."""
    start = context.position()
    for number in range(MAX_HOURS):
        context.terminal.show_progress(f"drifted hour {number + 1}")
        context.send_hour(context.flights.next_drifted_hour())
        if context.decision_reasons("start", since=start):
            break
    context.terminal.show_progress("one more drifted hour")
    context.send_hour(context.flights.next_drifted_hour())
    verdicts = context.verdicts(since=start)
    context.expect(
        "every hour is analyzed with verdict drifted",
        set(verdicts) == {"drifted"},
        f"{verdicts.count('drifted')} of {len(verdicts)} hours",
    )
    alarm = context.alarm_name("drift")
    raised = context.raised_alarms(since=start)
    context.expect(f"the alarm {alarm} changes to ALARM", alarm in raised, raised)
    windows = context.count_windows_until_alarm(alarm, since=start)
    context.expect("the alarm changes at the second drifted hour", windows == 2, f"hour {windows}")
    starts = context.decision_reasons("start", since=start)
    context.expect("the gate starts exactly one retraining", len(starts) == 1, starts)
    refusals = context.decision_reasons("refuse", since=start)
    context.expect(
        "the gate refuses the other requests, with reasons", refusals and all(refusals), refusals
    )
