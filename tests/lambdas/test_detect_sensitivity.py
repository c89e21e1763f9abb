"""People are notified once of columns in which changes of the required size can't be found."""

from contextlib import suppress

import pytest

from driftloop.contract.ledger_items import InsufficientSensitivityItem
from lambdas.aws.ledger import Ledger, Put
from tests.lambdas.analysis import report_of
from tests.lambdas.fakes import Died
from tests.lambdas.live_days import analyze_day, serve_day, store_daily_baseline

SUBJECT = "driftloop: required sensitivity of late is not met"


@pytest.fixture
def demanding(live, fleet_of):
    """A model that requires to find a shift of temp of 0.01 standard deviations."""
    live._environ["FLEET_KEY"] = fleet_of(
        monitoring={"window_hours": 24, "required_sensitivity": {"temp": 0.01, "carrier": 2}}
    )
    store_daily_baseline()
    return live


def mails(people):
    return [body for subject, body in people.messages if subject == SUBJECT]


def test_people_are_notified_of_an_insufficient_sensitivity_once(demanding, ledger, people):
    for day in (1, 2):
        serve_day(day)
        analyze_day(demanding, day)
    analyze_day(demanding, 2, revision=1)

    (body,) = mails(people)
    assert "temp: monitoring.required_sensitivity is 0.01, and the smallest shift of the" in body
    (item,) = ledger.query(InsufficientSensitivityItem, 1)
    assert (item.version, item.column, item.required) == (1, "temp", 0.01)
    found = {one.column: one.insufficient for one in report_of("20260302T00").sensitivity}
    assert found == {"temp": True, "carrier": False, "(prediction)": False}


def test_a_column_that_is_added_to_the_settings_is_another_notification(
    demanding, fleet_of, ledger, people
):
    serve_day(1)
    analyze_day(demanding, 1)
    demanding._environ["FLEET_KEY"] = fleet_of(
        monitoring={"window_hours": 24, "required_sensitivity": {"temp": 0.01, "carrier": 0.01}}
    )
    serve_day(2)
    analyze_day(demanding, 2)

    first, second = mails(people)
    assert "carrier" not in first
    assert "carrier: monitoring.required_sensitivity is 0.01" in second
    assert "temp:" not in second
    assert len(ledger.query(InsufficientSensitivityItem, 1)) == 2


@pytest.mark.parametrize("write", [1, 2])
def test_a_notification_that_was_not_recorded_is_repeated_with_its_id(
    demanding, fleet_of, ledger, people, monkeypatch, write
):
    """The function is killed at the first or the second write of what it has notified of."""
    demanding._environ["FLEET_KEY"] = fleet_of(
        monitoring={"window_hours": 24, "required_sensitivity": {"temp": 0.01, "carrier": 0.01}}
    )
    serve_day(1)
    commit, writes = Ledger.write, 0

    def write_or_die(self, *changes):
        nonlocal writes
        items = [change.item for change in changes if isinstance(change, Put)]
        writes += any(isinstance(item, InsufficientSensitivityItem) for item in items)
        if writes == write:
            raise Died
        commit(self, *changes)

    with monkeypatch.context() as patch, suppress(Died):
        patch.setattr(Ledger, "write", write_or_die)
        analyze_day(demanding, 1)
    analyze_day(demanding, 1)

    ids = [
        id_
        for (subject, _), id_ in zip(people.messages, people.deduplication_ids, strict=True)
        if subject == SUBJECT
    ]
    assert len(ids) >= 1
    assert len(set(ids)) == 1
    found = [item.column for item in ledger.query(InsufficientSensitivityItem, 1)]
    assert sorted(found) == ["carrier", "temp"]


def test_nobody_is_notified_without_a_requirement(live, fleet_of, ledger, people):
    live._environ["FLEET_KEY"] = fleet_of(monitoring={"window_hours": 24})
    store_daily_baseline()
    serve_day(1)
    analyze_day(live, 1)
    assert mails(people) == []
    assert ledger.query(InsufficientSensitivityItem, 1) == []
