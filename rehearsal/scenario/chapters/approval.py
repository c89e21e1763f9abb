"""A person approves: canary, promotion, and monitoring against the new baseline."""

from rehearsal.scenario.scenario_context import ScenarioContext

TITLE = "Approval, canary, promotion"
TEXT = (
    "A person approves version 2. Half of the endpoint serves it under the eyes of its alarms, "
    "then all of it. From then on, spring is what the baseline knows: the verdicts are stable."
)
VERSION = 2
HOURS = 3


def play(stage: ScenarioContext) -> None:
    """Approve, serve through the canary, and go on."""
    mark = stage.mark()
    stage.account.approve(stage.account.package_arn(VERSION))
    stage.wait_until_idle()
    stage.screen.note("the canary serves")
    stage.serve(stage.flights.drifted())
    outcomes = [done["outcome"] for done in stage.since(mark, "release.finished", version=VERSION)]
    stage.expect("the release is promoted", outcomes == ["promoted"], outcomes)
    champion = stage.account.champion()
    stage.expect("version 2 is the champion", champion == VERSION, champion)
    after = stage.mark()
    for number in range(HOURS):
        stage.screen.note(f"hour {number + 1} of {HOURS} under version 2")
        stage.serve(stage.flights.drifted())
    windows = stage.since(after, "analysis.completed", version=VERSION)
    verdicts = [window["verdict"] for window in windows]
    stage.expect("version 2 is monitored against its own baseline", verdicts, verdicts)
    stage.expect("and its last hour is stable", verdicts[-1:] == ["stable"], verdicts)
