"""Spring comes: verdicts drift, an alarm goes off, and the gate starts one retraining."""

from rehearsal.scenario.scenario_context import ScenarioContext

TITLE = "Drift, an alarm, one retraining"
TEXT = (
    "Flights of April to June: other weather, other delays. The verdict is drifted; the second "
    "time of the same features the alarm asks the gate, and the gate says no, with its reason, "
    "until it has cooled down from the run before and enough labels are final. Then it starts "
    "exactly one retraining and refuses the repeats."
)
MAX_HOURS = 14


def play(stage: ScenarioContext) -> None:
    """Serve spring until the gate starts, then one hour more."""
    mark = stage.mark()
    for number in range(MAX_HOURS):
        stage.screen.note(f"drifted hour {number + 1}")
        stage.serve(stage.flights.drifted())
        if stage.since(mark, "gate.decided", decision="start"):
            break
    stage.screen.note("one more drifted hour")
    stage.serve(stage.flights.drifted())
    verdicts = {window["verdict"] for window in stage.since(mark, "analysis.completed")}
    stage.expect("the hours are judged drifted", verdicts == {"drifted"}, verdicts)
    raised = stage.alarms_raised(mark)
    stage.expect("the drift alarm goes off", stage.alarm("drift") in raised, raised)
    windows = stage.windows_until(mark, stage.alarm("drift"))
    stage.expect("with the second hour in which the same feature drifted", windows == 2, windows)
    starts = [start["reason"] for start in stage.since(mark, "gate.decided", decision="start")]
    stage.expect("the gate starts exactly one retraining", len(starts) == 1, starts)
    refused = [no["reason"] for no in stage.since(mark, "gate.decided", decision="refuse")]
    stage.expect("it refuses the repeats, with reasons", refused and all(refused), refused)
