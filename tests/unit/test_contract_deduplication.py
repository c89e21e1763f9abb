import itertools
from datetime import UTC, datetime

from driftloop.contract.deduplication import deduplication_id

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_the_same_message_has_the_same_id_in_every_process():
    """The first digits that sha256sum prints for the text below.

    ["test", "release notification", "late", 2, "2026-03-10T12:00:00Z", null]
    """
    found = deduplication_id("test", "release notification", "late", 2, NOON, None)
    assert found == "16779bfe46ca1689c5673f3ebe8211ed"


def test_ids_differ_by_environment_kind_and_each_part_of_the_key():
    ids = [
        deduplication_id(environment, kind, *key)
        for environment in ("test", "prod")
        for kind in ("a", "b")
        for key in ((), ("x",), ("x", None), ("x", 1), ("x", "1"), ("x1",), (NOON,))
    ]
    assert all(one != other for one, other in itertools.combinations(ids, 2))


def test_sqs_and_sns_take_the_id_as_message_deduplication_id():
    """API reference, SQS SendMessage: at most 128 letters, digits and punctuation."""
    found = deduplication_id("test", "a")
    assert found.isalnum()
    assert len(found) <= 128
