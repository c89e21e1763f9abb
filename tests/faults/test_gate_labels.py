"""Whatever a label file holds, the gate decides, with the labels that the other files have."""

import json

import boto3
import pytest

from driftloop.contract.ledger_items import DecisionItem
from lambdas.aws.ledger import Put
from lambdas.gate import label_count
from lambdas.gate.handler import handle
from tests.faults.s3 import refusing_s3
from tests.lambdas.items import champion_item, version_item, window_item

NEWEST, OLDER = "late/2026/03/10/09/a.jsonl", "late/2026/03/10/08/a.jsonl"
DEEP = b"[" * 100_000


def put(key, body):
    boto3.client("s3").put_object(Bucket="truth", Key=key, Body=body)


def labels(count):
    return b"".join(
        json.dumps(
            {"groundTruthData": {"data": "1"}, "eventMetadata": {"eventId": f"e{number}"}}
        ).encode()
        + b"\n"
        for number in range(count)
    )


@pytest.fixture
def drifted(aws, ledger):
    ledger.write(Put(champion_item()), Put(version_item()))
    ledger.write(*(Put(window_item(hour, "drifted")) for hour in (10, 11)))
    return aws


def decision(ledger):
    (item,) = ledger.query(DecisionItem)
    return item


@pytest.mark.parametrize(
    "hostile",
    [
        b'{"x": ' + DEEP,
        b'{"groundTruthData": {"data": "' + DEEP + b'", "encoding": "JSON"},'
        b' "eventMetadata": {"eventId": "e"}}',
        b'{"groundTruthData": {"data": "\xc3\xa9", "encoding": "BASE64"},'
        b' "eventMetadata": {"eventId": "e"}}',
        b"x" * (3 << 20),
        b"1\n" * 50_000,
    ],
)
def test_a_hostile_line_does_not_stop_the_gate(drifted, event, ledger, hostile):
    put(NEWEST, hostile)
    put(OLDER, labels(3))
    assert handle(event("alarm"), None, drifted)["decision"] == "start"
    assert decision(ledger).evidence["mature_labels"] == 3


def test_too_many_lines_without_a_label_refuse_with_the_limit(drifted, event, ledger, people):
    put(NEWEST, b"\n" * 200_000)
    put(OLDER, labels(3))
    assert handle(event("alarm"), None, drifted)["reason"] == "insufficient_labels"
    limit = "100,003 lines of the newest files have no new label"
    assert decision(ledger).evidence["label_limitation"] == limit
    [(_, mail)] = people.messages
    assert "0 labels are older than 2 hours; 3 are required. There may be more: " + limit in mail


def test_only_the_newest_files_are_read(drifted, event, ledger, monkeypatch):
    monkeypatch.setattr(label_count, "MAX_FILES", 2)
    put("late/2026/03/10/08/1.jsonl", labels(3))
    put("late/2026/03/10/08/2.jsonl", labels(2))
    put("late/2026/03/10/09/3.jsonl", labels(1))
    assert handle(event("alarm"), None, drifted)["reason"] == "insufficient_labels"
    evidence = decision(ledger).evidence
    assert evidence["mature_labels"] == 2
    assert evidence["label_limitation"] == "only the newest 2 files are read"


@pytest.mark.parametrize("code", ["NoSuchKey", "AccessDenied", "KMS.DisabledException"])
def test_a_file_that_can_not_be_read_does_not_stop_the_gate(drifted, event, ledger, code):
    put(NEWEST, labels(3))
    put(OLDER, labels(2))
    handle(event("alarm"), None, refusing_s3(drifted, NEWEST, code, 400))
    evidence = decision(ledger).evidence
    assert evidence["mature_labels"] == 2
    assert evidence["label_limitation"] == "1 files can't be read"


def test_a_file_that_can_be_read_later_is_tried_again(drifted, event, ledger):
    put(NEWEST, labels(3))
    with pytest.raises(Exception, match="SlowDown"):
        handle(event("alarm"), None, refusing_s3(drifted, NEWEST, "SlowDown", 503))
    assert ledger.query(DecisionItem) == []
    assert handle(event("alarm"), None, drifted)["decision"] == "start"
