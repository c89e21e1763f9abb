"""No period in which a version served is overwritten: its windows can be analyzed at any time."""

import pytest

from driftloop.contract.ledger_items import VersionItem
from driftloop.window import Window
from lambdas.aws.ledger import Put
from lambdas.plan.handler import handle as plan
from tests.lambdas.analysis import (
    analyze,
    count_invocations,
    manifest,
    objects_of,
    report,
    series,
    work,
)
from tests.lambdas.captures import records, write_capture
from tests.lambdas.items import time, version_item
from tests.lambdas.releases import statuses


@pytest.fixture
def rolled_back(serving, approve, end):
    """Version 2 served from 14:30 to 15:10; it was rejected, and version 1 is deployed again."""
    approve(2)
    end(promoted=True)
    write_capture("2026-03-10T14", records("2026-03-10T14", count=500, minute=10), version=1)
    write_capture("2026-03-10T14", records("2026-03-10T14", 500, seed=2, minute=40), version=2)
    approve(2, "Rejected", time="2026-03-10T15:10:00Z")
    return serving


def versions(planned):
    return [version["version"] for version in planned["versions"]]


def test_an_hour_in_which_two_versions_served_is_planned_for_both_after_a_rollback(rolled_back):
    count_invocations((14, 5, 1000))
    planned = analyze(rolled_back, hour=14)
    assert versions(planned) == [1, 2]
    assert sum(len(objects_of(item)) for item in manifest(planned)) == 2
    assert [report(14, version=version).counts.records for version in (1, 2)] == [500, 500]
    assert series("CaptureLossShare") == {"10T14": 0.0}


def test_a_version_that_came_back_has_both_periods(rolled_back, end, ledger):
    end(promoted=True, time="2026-03-10T15:40:00Z")
    assert statuses(ledger) == {1: "promoted", 2: "rejected"}
    first, second = ledger.get(VersionItem, 1).serving_periods
    assert first.end == time("2026-03-10T14:30:00Z")
    assert second == (time("2026-03-10T15:10:00Z"), None)
    [only] = ledger.get(VersionItem, 2).serving_periods
    assert only == (time("2026-03-10T14:00:00Z"), time("2026-03-10T15:40:00Z"))


def test_a_second_canary_and_a_second_promotion_keep_the_first_period(
    approve, end, sagemaker, ledger
):
    approve(2)
    end(promoted=False)
    approve(2, "Rejected", time="2026-03-11T14:00:00Z")
    approve(2, time="2026-03-12T14:00:00Z")
    end(promoted=True, time="2026-03-12T14:30:00Z")
    assert ledger.get(VersionItem, 2).serving_periods == (
        (time("2026-03-10T14:00:00Z"), time("2026-03-10T14:30:00Z")),
        (time("2026-03-12T14:00:00Z"), None),
    )


def test_how_a_period_ended_stays_recorded_if_the_version_is_approved_again(
    approve, end, sagemaker, ledger
):
    approve(2)
    end(promoted=False)
    approve(2, "Rejected", time="2026-03-11T14:00:00Z")
    approve(2, time="2026-03-12T14:00:00Z")
    end(promoted=True, time="2026-03-12T14:30:00Z")
    assert statuses(ledger) == {1: "superseded", 2: "promoted"}
    assert ledger.get(VersionItem, 2).rolled_back_starts == (time("2026-03-10T14:00:00Z"),)
    approve(2, "Rejected", time="2026-03-13T14:00:00Z")
    end(promoted=True, time="2026-03-13T14:30:00Z")
    approve(2, time="2026-03-14T14:00:00Z")
    end(promoted=True, time="2026-03-14T14:30:00Z")
    assert statuses(ledger) == {1: "superseded", 2: "promoted"}
    first, second = ledger.get(VersionItem, 2).rolled_back_starts
    assert (first, second) == (time("2026-03-10T14:00:00Z"), time("2026-03-12T14:00:00Z"))
    assert ledger.get(VersionItem, 1).rolled_back_starts == ()


def test_a_refused_second_release_leaves_the_periods_as_they_were(approve, end, sagemaker, ledger):
    approve(2)
    end(promoted=False)
    before = ledger.get(VersionItem, 2).serving_periods
    approve(2, "Rejected", time="2026-03-11T14:00:00Z")
    sagemaker.refusals["update_endpoint"] = "ResourceLimitExceeded"
    approve(2, time="2026-03-12T14:00:00Z")
    assert statuses(ledger)[2] == "release_refused"
    assert ledger.get(VersionItem, 2).serving_periods == before != ()


def test_a_refused_rollback_leaves_the_periods_as_they_were(approve, end, sagemaker, ledger):
    approve(2)
    end(promoted=True)
    before = ledger.get(VersionItem, 1).serving_periods
    sagemaker.refusals["update_endpoint"] = "ResourceLimitExceeded"
    approve(2, "Rejected", time="2026-03-10T15:10:00Z")
    assert statuses(ledger)[1] == "release_refused"
    assert ledger.get(VersionItem, 1).serving_periods == before


def test_a_window_of_the_first_period_is_analyzed_anew_and_one_between_them_is_not(live, ledger):
    """Version 1 served until the 7th and from the 9th of March on, version 2 in between."""
    first = Window(time("2026-03-01T00:00:00Z"), time("2026-03-07T00:00:00Z"))
    back = time("2026-03-09T00:00:00Z")
    served = {"serving_from": first.end, "serving_until": back}
    ledger.write(
        Put(version_item(serving_from=back, earlier_periods=(first,))),
        Put(version_item(2, "rejected", **served)),
    )
    write_capture("2026-03-05T11", records("2026-03-05T11"))
    planned = plan(work(day=5, revision=1), None, live)
    assert versions(planned) == [1]
    assert planned["batches"] == 1
    assert [versions(plan(work(day=day), None, live)) for day in (6, 8, 9)] == [[1], [2], [1]]
