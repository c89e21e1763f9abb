"""A person approves the challenger: canary, promotion, monitoring with its own baseline."""

from driftloop.release.next_action import ReleaseOutcome
from rehearsal.scenario.scenario_context import REQUESTS_PER_HOUR, ScenarioContext

TITLE = "Approval, canary, promotion"
TEXT = (
    "A person approves version 2. The endpoint update sends half of the traffic to it while alarms "
    "watch it, then all of the traffic. A client sends malformed requests all the while: they are "
    "refused with 400, and do not count against the release. From then on the hours are compared "
    "with version 2's own baseline, which includes flights of April to June."
)
VERSION = 2
HOURS = 3
MALFORMED = 12
"""Malformed requests with each request: half of them in one minute reach the alarm's threshold."""


def play(context: ScenarioContext) -> None:
    """Approve, send traffic during the canary, and continue."""
    start = context.position()
    context.account.approve(context.account.model_package_arn(VERSION))
    context.wait_until_idle()
    context.terminal.show_progress("the canary serves half of the traffic")
    context.send_hour(context.flights.next_drifted_hour(), malformed=MALFORMED)
    refused, expected = context.traffic.refused_requests, MALFORMED * REQUESTS_PER_HOUR
    context.expect(
        f"{expected} malformed requests are refused with 400", refused == expected, refused
    )
    outcomes = context.release_outcomes(VERSION, since=start)
    context.expect(
        f"the release of version {VERSION} is promoted",
        outcomes == [ReleaseOutcome.PROMOTED],
        outcomes,
    )
    champion = context.account.champion_version()
    context.expect(f"version {VERSION} is the champion", champion == VERSION, f"version {champion}")
    promoted = context.position()
    for number in range(HOURS):
        context.terminal.show_progress(f"hour {number + 1} of {HOURS} with version {VERSION}")
        context.send_hour(context.flights.next_drifted_hour())
    verdicts = context.verdicts(since=promoted, version=VERSION)
    context.expect(f"hours of version {VERSION} are analyzed", verdicts, verdicts)
    context.expect("the last hour's verdict is stable", verdicts[-1:] == ["stable"], verdicts[-1:])
