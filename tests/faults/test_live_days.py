"""Two days of a version are decided at once: each ends as if they had come one after the other."""

from collections.abc import Iterator
from functools import partial

import boto3
import numpy as np
import pytest
from moto import mock_aws

from tests.faults.faulty_clients import Fault, FaultyCall, FaultyClients
from tests.faults.scenarios import SCENARIOS, day_steps
from tests.faults.test_every_call import STRIDE
from tests.faults.world import World
from tests.lambdas.live_days import LIVE_DAYS, live_days, march, serve_day

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def account() -> Iterator[None]:
    with mock_aws():
        yield


def planned() -> World:
    """Day 1 is decided; days 2 and 3 are planned and profiled."""
    world = World.create()
    scenario = SCENARIOS["a day is decided"]
    scenario.prepare(world)
    serve_day(3, count=30, categories=np.array(["UA", "AA", "DL"]))
    for step in [*scenario.start, *day_steps(3)[:2]]:
        world.play(step)
    return world


def stored() -> bytes:
    body = boto3.client("s3").get_object(Bucket="analysis", Key=LIVE_DAYS)["Body"].read()
    assert isinstance(body, bytes)
    return body


def test_days_that_are_decided_within_each_other_end_as_in_their_order() -> None:
    second, third = day_steps(2)[2], day_steps(3)[2]
    world = planned()
    world.play(second)
    clients = FaultyClients(world.aws)
    world.deliver(third, clients)
    expected = stored()
    assert march(one.end for one in live_days().decided) == [1, 2]
    assert march(live_days().pending) == [3]
    writes = [at for at, call in enumerate(clients.calls) if call == "s3:put_object"]
    for at in {*range(0, len(clients.calls), STRIDE), *writes}:
        world = planned()
        overtaken = FaultyCall(Fault.OVERTAKEN, at, partial(world.deliver, second))
        world.deliver(third, FaultyClients(world.aws, overtaken))
        assert stored() == expected, clients.calls[at]
