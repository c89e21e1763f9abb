"""Hours of traffic like the training data: nothing happens, and that is the point."""

from rehearsal.scenario.scenario_context import ScenarioContext

TITLE = "Healthy hours"
TEXT = (
    "Flights of the training months that no training has seen. Every hour is analyzed and found "
    "stable, and no alarm goes off."
)
HOURS = 3


def play(stage: ScenarioContext) -> None:
    """Serve some hours."""
    mark = stage.mark()
    for number in range(HOURS):
        stage.screen.note(f"healthy hour {number + 1} of {HOURS}")
        stage.serve(stage.flights.healthy())
    verdicts = [window["verdict"] for window in stage.since(mark, "analysis.completed")]
    stage.expect("every hour is judged, and stable", verdicts == ["stable"] * HOURS, verdicts)
    raised = stage.alarms_raised(mark)
    stage.expect("no alarm goes off", not raised, raised)
    stage.expect("every request was answered", not stage.traffic.errors, stage.traffic.errors)
