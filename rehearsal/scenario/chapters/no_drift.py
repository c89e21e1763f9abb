"""Hours of traffic like the training data: every verdict is stable, and no alarm is raised."""

from rehearsal.scenario.scenario_context import ScenarioContext

TITLE = "Traffic without drift"
TEXT = (
    "Clients send flights of January to March, like the training data but not part of it. Every "
    "hour is analyzed."
)
HOURS = 3


def play(context: ScenarioContext) -> None:
    """Send some hours without drift."""
    start = context.position()
    for number in range(HOURS):
        context.terminal.show_progress(f"hour {number + 1} of {HOURS} without drift")
        context.send_hour(context.flights.next_hour_without_drift())
    verdicts = context.verdicts(since=start)
    context.expect(
        f"{HOURS} hours are analyzed with verdict stable", verdicts == ["stable"] * HOURS, verdicts
    )
    raised = context.raised_alarms(since=start)
    context.expect("no alarm changes to ALARM", not raised, raised)
    failed = context.traffic.failed_requests
    context.expect("no request fails", not failed, f"{failed} failed requests")
