from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from driftloop.policy.release import (
    Adopt,
    AwaitEndpoint,
    Champion,
    CleanUp,
    Endpoint,
    Facts,
    Finish,
    Outcome,
    Purpose,
    Rest,
    Resume,
    Start,
    Status,
    Underway,
    Version,
    next_action,
)

T0 = datetime(2026, 3, 1, tzinfo=UTC)
SERVES = Endpoint("InService", "c1", pending=False, modified="m1")
QUIET = Facts(
    endpoint=SERVES,
    champion=Champion(1, "c1", "s1"),
    underway=None,
    versions=(Version(1, Status.PROMOTED, T0, live_from=T0),),
    settings="s1",
)
RELEASE = Underway(2, "c2", modified="m1", requested=True)
WITH_2 = replace(
    QUIET, underway=RELEASE, versions=(*QUIET.versions, Version(2, Status.RELEASING, T0))
)


def version(number, status, days=0, live_to=None):
    return Version(number, status, T0 + timedelta(days=days), live_to=live_to)


def test_a_quiet_endpoint_leaves_nothing_to_do():
    assert isinstance(next_action(QUIET), Rest)


def test_promoted_is_in_service_without_pending_summary_on_the_releases_own_config():
    done = replace(SERVES, config="c2", modified="m2")
    assert next_action(replace(WITH_2, endpoint=done)) == Finish(Outcome.PROMOTED)


@pytest.mark.parametrize(
    "endpoint",
    [
        replace(SERVES, modified="m2"),
        replace(SERVES, config="c2", status="Failed"),
        replace(SERVES, status="UpdateRollbackFailed"),
        None,
    ],
)
def test_anything_else_that_has_settled_was_rolled_back(endpoint):
    assert next_action(replace(WITH_2, endpoint=endpoint)) == Finish(Outcome.ROLLED_BACK)


@pytest.mark.parametrize(
    "endpoint",
    [
        replace(SERVES, config="c2", pending=True),
        replace(SERVES, pending=True),
        replace(SERVES, status="Updating"),
        replace(SERVES, status="RollingBack"),
        replace(SERVES, status="SystemUpdating"),
    ],
)
def test_an_endpoint_that_has_not_settled_is_waited_for(endpoint):
    assert isinstance(next_action(replace(WITH_2, endpoint=endpoint)), Rest)


def test_a_release_whose_update_was_never_called_is_resumed():
    written = replace(WITH_2, underway=replace(RELEASE, requested=False))
    assert next_action(written) == Resume()


def test_an_endpoint_modified_since_the_release_was_written_down_has_been_called():
    """The function died right after the call: asking again would be a second update."""
    facts = replace(
        WITH_2,
        underway=replace(RELEASE, requested=False),
        endpoint=replace(SERVES, modified="m2"),
    )
    assert next_action(facts) == Finish(Outcome.ROLLED_BACK)


def test_an_outcome_that_is_written_down_is_only_cleaned_up():
    facts = replace(WITH_2, underway=replace(RELEASE, outcome=Outcome.PROMOTED))
    assert next_action(facts) == CleanUp()


def test_the_newest_approval_goes_out_and_supersedes_those_before_it():
    waiting = (version(2, Status.APPROVED, 1), version(3, Status.APPROVED, 2))
    facts = replace(QUIET, versions=(*QUIET.versions, *waiting))
    assert next_action(facts) == Start(3, Purpose.APPROVAL, (2,))


def test_the_newest_approval_may_be_of_an_older_version():
    waiting = (version(2, Status.APPROVED, 5), version(3, Status.APPROVED, 2))
    facts = replace(QUIET, versions=(*QUIET.versions, *waiting))
    assert next_action(facts) == Start(2, Purpose.APPROVAL, (3,))


def test_an_approval_waits_while_the_endpoint_is_busy_or_the_model_paused():
    facts = replace(QUIET, versions=(*QUIET.versions, version(2, Status.APPROVED, 1)))
    busy = replace(facts, endpoint=replace(SERVES, status="Updating"))
    assert isinstance(next_action(busy), Rest)
    assert isinstance(next_action(replace(facts, paused=True)), Rest)


def test_without_an_endpoint_people_are_told_once():
    facts = replace(QUIET, endpoint=None, champion=None, versions=(version(1, Status.APPROVED, 1),))
    assert next_action(facts) == AwaitEndpoint(1)
    told = replace(facts, versions=(version(1, Status.AWAITING_ENDPOINT, 1),))
    assert isinstance(next_action(told), Rest)


def test_what_serves_is_adopted_where_the_ledger_knows_nothing_or_something_else():
    assert next_action(replace(QUIET, champion=None)) == Adopt()
    assert next_action(replace(QUIET, champion=Champion(1, "other", "s1"))) == Adopt()


def test_a_rejected_champion_gives_way_to_the_version_that_served_last_before_it():
    versions = (
        version(1, Status.SUPERSEDED, live_to=T0),
        version(2, Status.SUPERSEDED, live_to=T0 + timedelta(days=1)),
        version(3, Status.REJECTED),
        version(4, Status.ROLLED_BACK, live_to=T0 + timedelta(days=2)),
    )
    facts = replace(QUIET, champion=Champion(3, "c1", "s1"), versions=versions, paused=True)
    assert next_action(facts) == Start(2, Purpose.ROLLBACK)


def test_a_rejected_champion_without_a_predecessor_serves_on():
    facts = replace(QUIET, versions=(version(1, Status.REJECTED),))
    assert isinstance(next_action(facts), Rest)


def test_changed_settings_go_out_with_the_champion_unless_they_were_rolled_back():
    changed = replace(QUIET, settings="s2")
    assert next_action(changed) == Start(1, Purpose.SETTINGS)
    refused = replace(changed, champion=Champion(1, "c1", "s1", refused_settings="s2"))
    assert isinstance(next_action(refused), Rest)


def test_a_failed_endpoint_is_left_to_a_person():
    facts = replace(QUIET, endpoint=replace(SERVES, status="Failed"))
    action = next_action(facts)
    assert isinstance(action, Rest)
    assert "a person" in action.why
