import boto3
import pytest
from boto3.dynamodb.conditions import Attr

from driftloop.contract.ledger_items import (
    ChampionItem,
    DayItem,
    DecisionItem,
    EndpointConfigItem,
    VersionItem,
    WindowItem,
)
from driftloop.errors import InputError
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Delete, Put, Update, update_expression
from tests.lambdas.items import champion_item, day_item, time, version_item, window_item


@pytest.fixture
def table(aws, ledger):
    return ledger


@pytest.mark.parametrize(
    ("item", "sort_key"),
    [
        (champion_item(), "CHAMPION"),
        (version_item(7), "VERSION#00007"),
        (window_item(11, "stable", version=12), "WINDOW#00012#20260310T11"),
        (day_item("2026-03-10T00:00:00Z", "stable"), "DAY#00001#20260310"),
        (
            EndpointConfigItem(
                created_at=time("2026-03-10T14:00:00Z"), endpoint_config_name="c2", version=2
            ),
            "ENDPOINT_CONFIG#2026-03-10T14:00:00Z#c2",
        ),
    ],
)
def test_an_item_is_read_as_it_was_written_under_the_sort_key_of_its_type(table, item, sort_key):
    assert item.sk == sort_key
    table.write(Put(item))
    assert table.get(type(item), *item.key) == item


def test_whole_numbers_fractions_times_and_nested_values_survive(table):
    item = window_item(
        11, "drifted", effect_sizes={"temp": 1.0, "dewp": 0.1}, drifted_pair=("dewp", "temp")
    )
    table.write(Put(item))
    assert table.get(WindowItem, 1, "20260310T11") == item


def test_an_item_that_does_not_exist_is_none(table):
    assert table.get(ChampionItem) is None


def test_a_query_is_bounded_by_the_rest_of_the_sort_key_and_by_its_limit(table):
    table.write(*(Put(window_item(hour, "stable")) for hour in range(8, 13)))
    table.write(
        Put(window_item(9, "stable", version=2)), Put(day_item("2026-03-10T00:00:00Z", "stable"))
    )

    def labels(**bounds):
        return [item.label[-2:] for item in table.query(WindowItem, 1, **bounds)]

    assert labels() == ["08", "09", "10", "11", "12"]
    assert labels(first="20260310T09", last="20260310T11") == ["09", "10", "11"]
    assert labels(last="20260310T11", newest_first=True, limit=2) == ["11", "10"]
    assert [item.label for item in table.query(DayItem, 1)] == ["20260310"]


def test_an_item_of_another_form_is_an_input_error_that_names_item_and_attribute(table):
    key = {"pk": {"S": "MODEL#late"}, "sk": {"S": "VERSION#00001"}}
    boto3.client("dynamodb").put_item(TableName="ledger", Item={**key, "version": {"S": "one"}})
    with pytest.raises(InputError, match=r"MODEL#late VERSION#00001 .*VersionItem.*version"):
        table.get(VersionItem, 1)


def test_an_update_sets_and_removes_attributes(table):
    table.write(Put(version_item(serving_until=time("2026-03-10T00:00:00Z"))))
    table.write(Update(VersionItem, (1,), {"status": "rejected"}, remove=("serving_until",)))
    found = table.get(VersionItem, 1)
    assert (found.status, found.serving_until) == ("rejected", None)


def test_an_update_of_an_attribute_that_the_type_does_not_have_is_a_type_error():
    with pytest.raises(TypeError, match="absent"):
        Update(DecisionItem, (), {"absent": True})


def test_a_condition_that_does_not_hold_is_a_conflict_and_writes_nothing(table):
    table.write(Put(champion_item()))
    changed = champion_item(endpoint_config_name="c9")
    with pytest.raises(ConflictError):
        table.write(Put(changed, ITEM_ABSENT), Put(version_item()))
    with pytest.raises(ConflictError):
        table.write(Put(changed, Attr("endpoint_config_name").eq("c8")))
    with pytest.raises(ConflictError):
        table.write(Delete(ChampionItem, condition=Attr("version").eq(2)))
    assert table.get(ChampionItem) == champion_item()
    assert table.get(VersionItem, 1) is None


def test_conditions_and_updates_of_one_request_do_not_share_placeholders(table):
    table.write(Put(version_item(status="approved")))
    condition = ITEM_ABSENT | Attr("status").eq("approved")
    table.write(Update(VersionItem, (1,), {"status": "deploying"}, condition=condition))
    assert table.get(VersionItem, 1).status == "deploying"


@pytest.mark.parametrize(
    ("values", "remove", "expression"),
    [
        ({"a": 1}, (), "SET #u0 = :u0"),
        ({"a": 1, "b": 2}, ("c",), "SET #u0 = :u0, #u1 = :u1 REMOVE #u2"),
        ({}, ("c", "d"), "REMOVE #u0, #u1"),
    ],
)
def test_an_update_expression_has_placeholders_for_names_and_values(values, remove, expression):
    found, names, given = update_expression(values, remove)
    assert found == expression
    assert list(names.values()) == [*values, *remove]
    assert list(given.values()) == list(values.values())
