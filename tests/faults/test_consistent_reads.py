"""Each read of the ledger is strongly consistent: an eventually consistent one may be stale.

Source: Amazon DynamoDB Developer Guide, "DynamoDB read consistency".
"""

from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.faults.scenarios import SCENARIOS
from tests.faults.world import World

READS = ("GetItem", "Query", "Scan", "BatchGetItem")


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_read_of_the_ledger_is_strongly_consistent(name: str) -> None:
    reads: list[tuple[str, bool]] = []

    def record(params: dict[str, Any], model: Any, **_: Any) -> None:
        reads.append((model.name, params.get("ConsistentRead", False)))

    with mock_aws():
        world = World.create()
        client = boto3.client("dynamodb")
        world.aws._clients["dynamodb"] = client
        for operation in READS:
            client.meta.events.register(f"before-parameter-build.dynamodb.{operation}", record)
        scenario = SCENARIOS[name]
        scenario.prepare(world)
        for step in (*scenario.start, *scenario.steps):
            world.play(step)
    assert all(is_consistent for _, is_consistent in reads), reads
    without_ledger = {
        "a challenger is described",
        "an analysis fails",
        "an analysis is started",
        "the models are reconciled",
    }
    assert bool(reads) is (name not in without_ledger)
