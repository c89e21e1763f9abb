from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from driftloop.release.next_action import (
    AdoptChampion,
    AwaitEndpoint,
    Champion,
    CleanUp,
    EndpointState,
    FinishRelease,
    NoAction,
    ReleaseInProgress,
    ReleaseOutcome,
    ReleasePurpose,
    ReleaseState,
    ResumeRelease,
    StartRelease,
    Version,
    VersionStatus,
    next_action,
)

T0 = datetime(2026, 3, 1, tzinfo=UTC)
SERVES = EndpointState("InService", "c1", pending=False, modified="m1")
QUIET = ReleaseState(
    endpoint=SERVES,
    champion=Champion(1, "c1", "s1"),
    in_progress=None,
    versions=(Version(1, VersionStatus.PROMOTED, T0, serving_from=T0),),
    settings="s1",
)
RELEASE = ReleaseInProgress(2, "c2", modified="m1", requested=True)
WITH_2 = replace(
    QUIET, in_progress=RELEASE, versions=(*QUIET.versions, Version(2, VersionStatus.DEPLOYING, T0))
)


def version(number, status, days=0, serving_until=None):
    return Version(number, status, T0 + timedelta(days=days), serving_until=serving_until)


def test_a_quiet_endpoint_leaves_nothing_to_do():
    assert isinstance(next_action(QUIET), NoAction)


def test_promoted_is_in_service_without_pending_summary_on_the_releases_own_config():
    done = replace(SERVES, config="c2", modified="m2")
    assert next_action(replace(WITH_2, endpoint=done)) == FinishRelease(ReleaseOutcome.PROMOTED)


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
    assert next_action(replace(WITH_2, endpoint=endpoint)) == FinishRelease(
        ReleaseOutcome.ROLLED_BACK
    )


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
    assert isinstance(next_action(replace(WITH_2, endpoint=endpoint)), NoAction)


def test_a_release_whose_update_was_never_called_is_resumed():
    written = replace(WITH_2, in_progress=replace(RELEASE, requested=False))
    assert next_action(written) == ResumeRelease()


def test_an_endpoint_modified_since_the_release_was_written_down_has_been_called():
    """The function died right after the call: asking again would be a second update."""
    facts = replace(
        WITH_2,
        in_progress=replace(RELEASE, requested=False),
        endpoint=replace(SERVES, modified="m2"),
    )
    assert next_action(facts) == FinishRelease(ReleaseOutcome.ROLLED_BACK)


def test_an_outcome_that_is_written_down_is_only_cleaned_up():
    facts = replace(WITH_2, in_progress=replace(RELEASE, outcome=ReleaseOutcome.PROMOTED))
    assert next_action(facts) == CleanUp()


def test_the_newest_approval_goes_out_and_supersedes_those_before_it():
    waiting = (version(2, VersionStatus.APPROVED, 1), version(3, VersionStatus.APPROVED, 2))
    facts = replace(QUIET, versions=(*QUIET.versions, *waiting))
    assert next_action(facts) == StartRelease(3, ReleasePurpose.APPROVAL, (2,))


def test_the_newest_approval_may_be_of_an_older_version():
    waiting = (version(2, VersionStatus.APPROVED, 5), version(3, VersionStatus.APPROVED, 2))
    facts = replace(QUIET, versions=(*QUIET.versions, *waiting))
    assert next_action(facts) == StartRelease(2, ReleasePurpose.APPROVAL, (3,))


def test_an_approval_waits_while_the_endpoint_is_busy_or_the_model_paused():
    facts = replace(QUIET, versions=(*QUIET.versions, version(2, VersionStatus.APPROVED, 1)))
    busy = replace(facts, endpoint=replace(SERVES, status="Updating"))
    assert isinstance(next_action(busy), NoAction)
    assert isinstance(next_action(replace(facts, paused=True)), NoAction)


def test_without_an_endpoint_people_are_told_once():
    facts = replace(
        QUIET, endpoint=None, champion=None, versions=(version(1, VersionStatus.APPROVED, 1),)
    )
    assert next_action(facts) == AwaitEndpoint(1)
    told = replace(facts, versions=(version(1, VersionStatus.AWAITING_ENDPOINT, 1),))
    assert isinstance(next_action(told), NoAction)


def test_what_serves_is_adopted_where_the_ledger_knows_nothing_or_something_else():
    assert next_action(replace(QUIET, champion=None)) == AdoptChampion()
    assert next_action(replace(QUIET, champion=Champion(1, "other", "s1"))) == AdoptChampion()


def test_a_rejected_champion_gives_way_to_the_version_that_served_last_before_it():
    versions = (
        version(1, VersionStatus.SUPERSEDED, serving_until=T0),
        version(2, VersionStatus.SUPERSEDED, serving_until=T0 + timedelta(days=1)),
        version(3, VersionStatus.REJECTED),
        version(4, VersionStatus.ROLLED_BACK, serving_until=T0 + timedelta(days=2)),
    )
    facts = replace(QUIET, champion=Champion(3, "c1", "s1"), versions=versions, paused=True)
    assert next_action(facts) == StartRelease(2, ReleasePurpose.ROLLBACK)


def test_a_rejected_champion_without_a_predecessor_serves_on():
    facts = replace(QUIET, versions=(version(1, VersionStatus.REJECTED),))
    assert isinstance(next_action(facts), NoAction)


def test_changed_settings_go_out_with_the_champion_unless_they_were_rolled_back():
    changed = replace(QUIET, settings="s2")
    assert next_action(changed) == StartRelease(1, ReleasePurpose.SERVING_SETTINGS)
    refused = replace(changed, champion=Champion(1, "c1", "s1", failed_settings="s2"))
    assert isinstance(next_action(refused), NoAction)


def test_a_failed_endpoint_is_left_to_a_person():
    facts = replace(QUIET, endpoint=replace(SERVES, status="Failed"))
    action = next_action(facts)
    assert isinstance(action, NoAction)
    assert "a person" in action.reason
