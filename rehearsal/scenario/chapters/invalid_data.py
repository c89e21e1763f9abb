"""An upstream job changes a unit: that is no drift, and nobody retrains on it."""

from rehearsal.scenario.scenario_context import ScenarioContext

TITLE = "Broken data is not drift"
TEXT = (
    "An upstream job sends temperatures in another unit. The window is invalid data, the "
    "data-quality alarm goes off, and the gate, asked by it, refuses to retrain."
)


def play(stage: ScenarioContext) -> None:
    """One broken hour, and a good one after it."""
    mark = stage.mark()
    stage.screen.note("an hour with temperatures in another unit")
    stage.serve(stage.flights.broken())
    verdicts = [window["verdict"] for window in stage.since(mark, "analysis.completed")]
    stage.expect("the window is invalid data", verdicts == ["invalid_data"], verdicts)
    raised = stage.alarms_raised(mark)
    stage.expect("the data-quality alarm goes off", stage.alarm("data-quality") in raised, raised)
    starts = stage.since(mark, "gate.decided", decision="start")
    stage.expect("no retraining starts", not starts, starts)
    refused = [no["reason"] for no in stage.since(mark, "gate.decided", decision="refuse")]
    stage.expect("the gate refuses broken data", "invalid_data" in refused, refused)
    stage.serve(stage.flights.drifted())
