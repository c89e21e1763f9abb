from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from driftloop.release.next_action import (
    AdoptChampion,
    AwaitEndpoint,
    Champion,
    EndpointState,
    FinishRelease,
    NoAction,
    RecordMissingEndpoint,
    RecordUpdate,
    RefuseRelease,
    ReleaseInProgress,
    ReleaseOutcome,
    ReleasePurpose,
    ReleaseState,
    ResumeRelease,
    StartRelease,
    SupersedeApprovals,
    SupersedeRelease,
    Version,
    VersionStatus,
    next_action,
    replaced_status,
)

T0 = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
M1 = T0 + timedelta(hours=1)
M2 = T0 + timedelta(hours=2)
SERVES = EndpointState("InService", "c1", pending_endpoint_config_name=None, modified_at=M1)
CHAMPION = Champion(1, "c1", "s1")
SETTLED = ReleaseState(
    endpoint=SERVES,
    champion=CHAMPION,
    in_progress=None,
    versions=(Version(1, VersionStatus.PROMOTED, T0, serving_from=T0),),
    serving_settings_digest="s1",
    as_of=M2,
)
RELEASE = ReleaseInProgress(
    2,
    ReleasePurpose.APPROVAL,
    "c2",
    endpoint_modified_at=M1,
    serving_settings_digest="s1",
    started_at=M1,
    update_called_at=M1,
    is_requested=True,
    is_update_seen=True,
)
NOT_CALLED = replace(RELEASE, update_called_at=None, is_requested=False, is_update_seen=False)
WITH_2 = replace(
    SETTLED,
    in_progress=RELEASE,
    versions=(*SETTLED.versions, Version(2, VersionStatus.DEPLOYING, T0)),
)


def version(number, status, days=0, serving_until=None):
    return Version(number, status, T0 + timedelta(days=days), serving_until=serving_until)


def test_a_settled_endpoint_of_the_champion_requires_no_action():
    assert isinstance(next_action(SETTLED), NoAction)


def test_in_service_without_pending_summary_on_the_config_of_the_release_is_promoted():
    done = replace(SERVES, endpoint_config_name="c2", modified_at=M2)
    assert next_action(replace(WITH_2, endpoint=done)) == FinishRelease(
        "c2", ReleaseOutcome.PROMOTED
    )


@pytest.mark.parametrize(
    "endpoint",
    [
        replace(SERVES, modified_at=M2),
        replace(SERVES, endpoint_config_name="c2", status="Failed"),
        replace(SERVES, status="UpdateRollbackFailed"),
        None,
    ],
)
def test_any_other_settled_endpoint_was_rolled_back(endpoint):
    assert next_action(replace(WITH_2, endpoint=endpoint)) == FinishRelease(
        "c2", ReleaseOutcome.ROLLED_BACK
    )


@pytest.mark.parametrize(
    "endpoint",
    [
        replace(SERVES, endpoint_config_name="c2", pending_endpoint_config_name="c2"),
        replace(SERVES, pending_endpoint_config_name="c2"),
        replace(SERVES, status="Updating"),
        replace(SERVES, status="RollingBack"),
        replace(SERVES, status="SystemUpdating"),
    ],
)
def test_an_endpoint_that_has_not_settled_requires_no_action_yet(endpoint):
    assert isinstance(next_action(replace(WITH_2, endpoint=endpoint)), NoAction)


def test_a_release_without_a_call_of_update_endpoint_is_resumed():
    recorded = replace(WITH_2, in_progress=NOT_CALLED)
    assert next_action(recorded) == ResumeRelease(M1)


UNANSWERED = replace(NOT_CALLED, update_called_at=M1)


@pytest.mark.parametrize("status", ["InService", "Failed"])
def test_a_modified_endpoint_does_not_show_that_an_unanswered_update_began(status):
    """Autoscaling and maintenance modify an endpoint, too, and scaling it may fail."""
    modified = replace(SERVES, status=status, modified_at=M2)
    state = replace(WITH_2, in_progress=UNANSWERED, endpoint=modified)
    assert next_action(state) == ResumeRelease(M2)


def test_an_unanswered_update_whose_alarms_the_endpoint_had_last_was_rolled_back():
    alarms = frozenset({"c2-5xx", "c2-latency"})
    modified = replace(SERVES, modified_at=M2, last_alarm_names=alarms)
    state = replace(WITH_2, in_progress=UNANSWERED, endpoint=modified)
    assert next_action(state) == FinishRelease("c2", ReleaseOutcome.ROLLED_BACK)


@pytest.mark.parametrize(
    "release", [replace(RELEASE, is_update_seen=False), UNANSWERED], ids=["accepted", "unanswered"]
)
def test_an_update_is_recorded_as_seen_only_if_the_endpoint_config_of_the_release_is_pending(
    release,
):
    updating = replace(SERVES, status="Updating", pending_endpoint_config_name="c2")
    state = replace(WITH_2, endpoint=updating, in_progress=release)
    assert next_action(state) == RecordUpdate()
    for other in (
        replace(updating, pending_endpoint_config_name="c3"),
        replace(updating, pending_endpoint_config_name=None),
        replace(SERVES, status="SystemUpdating"),
    ):
        assert isinstance(next_action(replace(state, endpoint=other)), NoAction)


def test_a_rejection_ends_a_release_whose_unanswered_update_did_not_begin():
    busy = replace(SERVES, status="Updating", modified_at=M2)
    for endpoint in (busy, replace(busy, status="InService")):
        state = replace(WITH_2, in_progress=UNANSWERED, versions=REJECTED_2, endpoint=endpoint)
        assert isinstance(next_action(state), SupersedeRelease)


@pytest.mark.parametrize("is_seen", [True, False])
def test_an_endpoint_as_it_was_before_update_endpoint_ends_no_release(is_seen):
    release = replace(RELEASE, is_update_seen=is_seen)
    soon = replace(WITH_2, in_progress=release, as_of=M1 + timedelta(minutes=14))
    assert isinstance(next_action(soon), NoAction)


def test_an_endpoint_that_stays_as_it_was_was_rolled_back_only_if_the_update_was_seen():
    later = replace(WITH_2, as_of=M1 + timedelta(hours=1))
    assert next_action(later) == FinishRelease("c2", ReleaseOutcome.ROLLED_BACK)
    unseen = replace(later, in_progress=replace(RELEASE, is_update_seen=False))
    assert isinstance(next_action(unseen), RefuseRelease)


REJECTED_2 = (*SETTLED.versions, Version(2, VersionStatus.REJECTED, T0))
APPROVED_3 = (*WITH_2.versions, Version(3, VersionStatus.APPROVED, M1))
APPROVED_1_AGAIN = (replace(SETTLED.versions[0], approved_at=M1), WITH_2.versions[1])


@pytest.mark.parametrize(
    ("purpose", "changes", "version_status"),
    [
        (ReleasePurpose.APPROVAL, {"versions": REJECTED_2}, None),
        (ReleasePurpose.ROLLBACK, {"versions": REJECTED_2}, None),
        (ReleasePurpose.APPROVAL, {"versions": APPROVED_3}, VersionStatus.SUPERSEDED),
        (ReleasePurpose.SERVING_SETTINGS, {"versions": APPROVED_3}, None),
        (ReleasePurpose.APPROVAL, {"versions": APPROVED_1_AGAIN}, VersionStatus.SUPERSEDED),
        (ReleasePurpose.ROLLBACK, {"versions": APPROVED_1_AGAIN}, VersionStatus.SUPERSEDED),
        (ReleasePurpose.APPROVAL, {"serving_settings_digest": "s2"}, VersionStatus.APPROVED),
        (ReleasePurpose.ROLLBACK, {"serving_settings_digest": "s2"}, VersionStatus.SUPERSEDED),
        (ReleasePurpose.SERVING_SETTINGS, {"serving_settings_digest": "s2"}, None),
    ],
)
def test_what_replaces_a_release_supersedes_it_before_update_endpoint_and_not_after(
    purpose, changes, version_status
):
    waiting = replace(WITH_2, in_progress=replace(NOT_CALLED, purpose=purpose), **changes)
    action = next_action(waiting)
    assert isinstance(action, SupersedeRelease)
    assert action.version_status is version_status
    called = replace(waiting, in_progress=replace(RELEASE, purpose=purpose))
    updating = replace(called, endpoint=replace(SERVES, status="Updating"))
    assert isinstance(next_action(updating), NoAction)


@pytest.mark.parametrize(
    ("purpose", "changes"),
    [
        (ReleasePurpose.APPROVAL, {}),
        # a rollback goes before an approval, also when it is started
        (ReleasePurpose.ROLLBACK, {"versions": APPROVED_3}),
        (ReleasePurpose.APPROVAL, {"versions": APPROVED_3, "paused": True}),
        (
            ReleasePurpose.APPROVAL,
            {"versions": (*WITH_2.versions, Version(3, VersionStatus.APPROVED, T0 - DAY))},
        ),
    ],
)
def test_nothing_else_supersedes_a_release(purpose, changes):
    release = replace(NOT_CALLED, purpose=purpose)
    assert next_action(replace(WITH_2, in_progress=release, **changes)) == ResumeRelease(M1)


def test_a_release_that_did_not_begin_is_given_up_with_its_last_error():
    release = replace(NOT_CALLED, last_error="Rate exceeded")
    action = next_action(replace(WITH_2, in_progress=release, as_of=M1 + timedelta(hours=6)))
    assert isinstance(action, RefuseRelease)
    assert "Rate exceeded" in action.reason
    gone = replace(WITH_2, in_progress=release, endpoint=None)
    assert isinstance(next_action(gone), RefuseRelease)


@pytest.mark.parametrize(
    ("state", "is_settled"),
    [
        (SETTLED, True),
        (replace(SETTLED, paused=True, versions=(Version(2, VersionStatus.APPROVED, T0),)), True),
        (replace(SETTLED, endpoint=replace(SERVES, status="Updating")), False),
        (replace(SETTLED, endpoint=replace(SERVES, status="Failed")), False),
        (replace(SETTLED, endpoint=None, champion=None, versions=()), False),
        (replace(WITH_2, endpoint=replace(SERVES, status="Updating")), False),
    ],
)
def test_autoscaling_can_be_set_only_while_the_champion_serves_and_nothing_is_in_progress(
    state, is_settled
):
    action = next_action(state)
    assert isinstance(action, NoAction)
    assert action.is_settled is is_settled


@pytest.mark.parametrize(
    "status", [VersionStatus.MODEL_DATA_MISMATCH, VersionStatus.RELEASE_REFUSED]
)
def test_a_version_whose_release_was_refused_is_not_deployed_again(status):
    refused = version(2, status, 1)
    state = replace(SETTLED, versions=(*SETTLED.versions, refused))
    assert isinstance(next_action(state), NoAction)
    rejected = replace(
        SETTLED,
        champion=Champion(3, "c1", "s1"),
        versions=(
            version(1, VersionStatus.SUPERSEDED, serving_until=T0),
            version(2, status, serving_until=T0 + timedelta(days=1)),
            version(3, VersionStatus.REJECTED),
        ),
    )
    assert next_action(rejected) == StartRelease(1, ReleasePurpose.ROLLBACK)


def test_the_newest_approval_is_deployed_and_supersedes_those_before_it():
    waiting = (version(2, VersionStatus.APPROVED, 1), version(3, VersionStatus.APPROVED, 2))
    state = replace(SETTLED, versions=(*SETTLED.versions, *waiting))
    assert next_action(state) == StartRelease(3, ReleasePurpose.APPROVAL, waiting[:1])


def test_the_newest_approval_may_be_of_an_older_version():
    waiting = (version(2, VersionStatus.APPROVED, 5), version(3, VersionStatus.APPROVED, 2))
    state = replace(SETTLED, versions=(*SETTLED.versions, *waiting))
    assert next_action(state) == StartRelease(2, ReleasePurpose.APPROVAL, waiting[1:])


def test_an_approval_from_before_that_of_the_serving_version_is_superseded():
    serving = version(1, VersionStatus.PROMOTED, 3)
    late, later = version(2, VersionStatus.APPROVED, 2), version(3, VersionStatus.APPROVED, 4)
    state = replace(SETTLED, versions=(serving, late, later))
    assert next_action(state) == SupersedeApprovals((late,))
    assert next_action(replace(state, versions=(serving, later))) == StartRelease(
        3, ReleasePurpose.APPROVAL
    )


@pytest.mark.parametrize(
    ("replaced", "promoted_at", "status"),
    [
        (version(1, VersionStatus.PROMOTED, 1), 2, VersionStatus.SUPERSEDED),
        (Version(1, VersionStatus.PROMOTED), 2, VersionStatus.SUPERSEDED),
        (version(1, VersionStatus.PROMOTED, 3), 2, VersionStatus.APPROVED),
        (version(1, VersionStatus.REJECTED, 3), 2, VersionStatus.REJECTED),
    ],
)
def test_a_version_that_was_approved_again_during_the_release_of_another_one_is_released(
    replaced, promoted_at, status
):
    promoted = version(2, VersionStatus.DEPLOYING, promoted_at)
    assert replaced_status(replaced, promoted) is status


def test_a_rejected_champion_supersedes_no_approval():
    serving = version(1, VersionStatus.REJECTED, 3)
    state = replace(SETTLED, versions=(serving, version(2, VersionStatus.APPROVED, 2)))
    assert next_action(state) == StartRelease(2, ReleasePurpose.APPROVAL)


def test_an_approval_waits_while_the_endpoint_is_busy_or_the_model_paused():
    state = replace(SETTLED, versions=(*SETTLED.versions, version(2, VersionStatus.APPROVED, 1)))
    busy = replace(state, endpoint=replace(SERVES, status="Updating"))
    assert isinstance(next_action(busy), NoAction)
    assert isinstance(next_action(replace(state, paused=True)), NoAction)


def test_an_approval_without_an_endpoint_is_notified_once():
    state = replace(
        SETTLED, endpoint=None, champion=None, versions=(version(1, VersionStatus.APPROVED, 1),)
    )
    assert next_action(state) == AwaitEndpoint(1)
    notified = replace(state, versions=(version(1, VersionStatus.AWAITING_ENDPOINT, 1),))
    assert isinstance(next_action(notified), NoAction)


def test_the_serving_version_is_adopted_if_the_ledger_has_none_or_another_one():
    assert next_action(replace(SETTLED, champion=None)) == AdoptChampion()
    assert next_action(replace(SETTLED, champion=Champion(1, "other", "s1"))) == AdoptChampion()


def test_a_rejected_champion_is_rolled_back_to_the_version_that_served_before_it():
    versions = (
        version(1, VersionStatus.SUPERSEDED, serving_until=T0),
        version(2, VersionStatus.SUPERSEDED, serving_until=T0 + timedelta(days=1)),
        version(3, VersionStatus.REJECTED),
        version(4, VersionStatus.ROLLED_BACK, serving_until=T0 + timedelta(days=2)),
    )
    state = replace(SETTLED, champion=Champion(3, "c1", "s1"), versions=versions, paused=True)
    assert next_action(state) == StartRelease(2, ReleasePurpose.ROLLBACK)


def test_a_rejected_champion_without_a_previous_version_keeps_serving():
    state = replace(SETTLED, versions=(version(1, VersionStatus.REJECTED),))
    assert isinstance(next_action(state), NoAction)


def test_changed_settings_are_deployed_with_the_champion_unless_they_failed_before():
    changed = replace(SETTLED, serving_settings_digest="s2")
    assert next_action(changed) == StartRelease(1, ReleasePurpose.SERVING_SETTINGS)
    refused = replace(changed, champion=Champion(1, "c1", "s1", failed_settings_digest="s2"))
    assert isinstance(next_action(refused), NoAction)


def test_a_failed_endpoint_requires_a_person():
    state = replace(SETTLED, endpoint=replace(SERVES, status="Failed"))
    action = next_action(state)
    assert isinstance(action, NoAction)
    assert "a person" in action.reason


MISSING = replace(CHAMPION, is_endpoint_missing=True)


@pytest.mark.parametrize("status", VersionStatus)
def test_the_end_of_the_endpoint_is_recorded_once_whatever_the_status_of_the_champion(status):
    gone = replace(SETTLED, endpoint=None, versions=(version(1, status),))
    assert next_action(gone) == RecordMissingEndpoint()
    assert next_action(replace(gone, champion=MISSING)) != RecordMissingEndpoint()


@pytest.mark.parametrize("status", VersionStatus)
def test_a_champion_on_a_new_endpoint_or_one_that_is_found_again_is_adopted(status):
    versions = (version(1, status),)
    for lost in (MISSING, replace(CHAMPION, is_endpoint_new=True)):
        assert next_action(replace(SETTLED, champion=lost, versions=versions)) == AdoptChampion()


def test_a_champion_without_an_endpoint_waits_for_one_unless_a_newer_version_does():
    gone = replace(SETTLED, endpoint=None, champion=MISSING)
    assert next_action(gone) == AwaitEndpoint(1)
    notified = replace(gone, versions=(version(1, VersionStatus.AWAITING_ENDPOINT),))
    assert isinstance(next_action(notified), NoAction)
    newer = replace(gone, versions=(*SETTLED.versions, version(2, VersionStatus.APPROVED, 1)))
    assert next_action(newer) == AwaitEndpoint(2)


def test_a_rejected_champion_without_an_endpoint_waits_for_none():
    versions = (version(1, VersionStatus.REJECTED),)
    gone = replace(SETTLED, endpoint=None, champion=MISSING, versions=versions)
    assert isinstance(next_action(gone), NoAction)


def test_a_champion_that_waited_for_its_endpoint_is_recorded_again_when_it_serves():
    waited = replace(SETTLED, versions=(version(1, VersionStatus.AWAITING_ENDPOINT),))
    assert next_action(waited) == AdoptChampion()
