"""A labelling job turns labels upside down: the challenger that learned them is refused."""

from datetime import timedelta

from rehearsal.scenario.client_traffic import SentRequest
from rehearsal.scenario.scenario_context import ScenarioContext

TITLE = "A bad challenger is refused"
TEXT = (
    "A labelling job delivers the older labels again, upside down. Somebody asks for a retraining. "
    "The challenger learns nonsense; the newest rows and the golden set are clean, so the "
    "evaluation refuses it, and nothing is registered."
)


def play(stage: ScenarioContext) -> None:
    """Break labels, ask, and see the refusal."""
    spoilt = _training_range(stage)
    stage.traffic.write_labels(spoilt, inverted=True)
    mark = stage.mark()
    stage.account.ask_for_retraining("the labelling job was mended, they say")
    stage.wait_until_idle()
    starts = [start["reason"] for start in stage.since(mark, "gate.decided", decision="start")]
    stage.expect("the gate starts what a person asked for", starts == ["requested"], starts)
    stage.screen.note("the pipeline trains on labels turned upside down")
    stage.wait_until_idle(pipelines=True)
    statuses = [run["status"] for run in stage.since(mark, "pipeline.finished")]
    stage.expect("the evaluation refuses the challenger", statuses == ["Failed"], statuses)
    why = stage.account.refusal().get("FailureReason", "")
    stage.expect(f"the run says why: {why}", why.startswith("reject: "), why)
    found = stage.evaluation(None)
    stage.expect("it is worse than the champion, beyond doubt", found.high < 0, found)
    registered = stage.since(mark, "model.registered")
    stage.expect("nothing is registered", not registered, registered)
    stage.traffic.write_labels(spoilt)


def _training_range(stage: ScenarioContext) -> list[SentRequest]:
    """The requests that a run would train on now, and none of the newest, which are held out."""
    now, retraining = stage.world.now(), stage.settings.retraining
    first = now - timedelta(days=retraining.lookback_days)
    last = now - timedelta(hours=retraining.label_delay_hours)
    usable = [sent for sent in stage.traffic.sent if first <= sent.when < last]
    return usable[: int(len(usable) * (1 - stage.settings.evaluation.holdout_share))]
