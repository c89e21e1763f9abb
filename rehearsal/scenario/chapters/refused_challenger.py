"""A labelling job turns labels upside down: the challenger that learned them is refused."""

from rehearsal.scenario.stage import Stage

TITLE = "A bad challenger is refused"
TEXT = (
    "A labelling job delivers the older labels again, upside down. Somebody asks for a retraining. "
    "The challenger learns nonsense; the newest rows and the golden set are clean, so the "
    "evaluation refuses it, and nothing is registered."
)
INVERTED_SHARE = 0.72
"""Of the labelled requests, oldest first: the training range, and nothing of the held-out rows."""


def play(stage: Stage) -> None:
    """Break labels, ask, and see the refusal."""
    labelled = [sent for sent in stage.traffic.sent if stage.traffic.is_labelled(sent)]
    spoilt = labelled[: int(len(labelled) * INVERTED_SHARE)]
    stage.traffic.write_labels(spoilt, inverted=True)
    stage.serve(stage.flights.drifted())
    stage.serve(stage.flights.drifted())
    mark = stage.mark()
    stage.account.ask_for_retraining("the labelling job was mended, they say")
    stage.settle()
    starts = [start["reason"] for start in stage.since(mark, "gate.decided", decision="start")]
    stage.expect("the gate starts what a person asked for", starts == ["requested"], starts)
    stage.screen.note("the pipeline trains on labels turned upside down")
    stage.settle(pipelines=True)
    statuses = [run["status"] for run in stage.since(mark, "pipeline.finished")]
    stage.expect("the evaluation refuses the challenger", statuses == ["Failed"], statuses)
    step = stage.account.refusal()
    stage.expect("the run says why", step.get("FailureReason"), step)
    registered = stage.since(mark, "model.registered")
    stage.expect("nothing is registered", not registered, registered)
    stage.traffic.write_labels(spoilt)
