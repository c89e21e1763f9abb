"""What an earlier version of driftloop wrote or sent is still read after a deployment.

The ledger, stored plans, messages in queues and executions of state machines and pipelines outlive
a deployment. ``earlier_contracts.json`` has, for each type of a contract, what an earlier version
wrote at least: the fields that it required. A new type gets its first required fields there.
"""

import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from driftloop import contract

EARLIER: dict[str, Any] = json.loads(
    Path(__file__).with_name("earlier_contracts.json").read_text(encoding="utf-8")
)
NEVER_READ = {
    "payloads.ChallengerDescription": "the outputs of a step, which its pipeline reads by name",
    "registry_resource.RegistryAttributes": "what CloudFormation gets from the custom resource",
}
"""Types that driftloop writes only."""


def contract_types() -> dict[str, type[msgspec.Struct]]:
    """The types of all contracts by ``module.name``, without their base classes."""
    modules = [
        importlib.import_module(f"{contract.__name__}.{module.name}")
        for module in pkgutil.iter_modules(contract.__path__)
    ]
    types = [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, msgspec.Struct)
        and value.__module__ == module.__name__
        and not value.__name__.startswith("_")
        and not value.__subclasses__()
    ]
    return {f"{one.__module__.rpartition('.')[2]}.{one.__name__}": one for one in types}


def test_each_type_that_is_read_has_an_earlier_form() -> None:
    assert set(contract_types()) == set(EARLIER) | set(NEVER_READ)


@pytest.mark.parametrize("name", EARLIER)
def test_what_an_earlier_version_wrote_is_read(name: str) -> None:
    earlier = EARLIER[name]
    decoded = msgspec.convert(earlier, contract_types()[name])
    again = json.loads(msgspec.json.encode(decoded))
    plain = {key: value for key, value in earlier.items() if not isinstance(value, dict | list)}
    assert {key: again[key] for key in plain} == plain
