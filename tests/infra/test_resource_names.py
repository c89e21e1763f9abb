"""No two resources of an environment have the same name, whatever its models are called."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftloop.config import ModelSettings, validate_config
from driftloop.contract.resource_names import ResourceNames
from driftloop.errors import ConfigError
from driftloop.model_names import RESERVED_NAMES, find_name_conflicts
from infra.alarms import table
from infra.alarms.definition import AlarmContext
from infra.stacks.shared import FUNCTIONS

NAMES = ResourceNames("main1234")
REGION = "us-isof-south-1"
"""The region with the longest name."""
MODEL = {
    "problem_type": "regression",
    "features": {"age": "numeric"},
    "target": "label",
    "family": "sklearn",
    "training_data": "train.csv",
}
SETTINGS = ModelSettings.model_validate(MODEL)

# Words of the names of resources, so that examples come close to collisions.
_WORDS = sorted({word for name in RESERVED_NAMES for word in name.split("-")} | {"prediction", "a"})
model_names = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=3).map("-".join) | (
    st.from_regex(r"\A[A-Za-z0-9]([-_]?[A-Za-z0-9]){0,7}\Z")
)


def environment_names() -> list[tuple[str, str]]:
    """Return kind and name of the resources that an environment has once."""
    alarms = table.shared_stack_alarms(NAMES, queue_name="queue", state_machine_arn="arn")
    return [
        *(("function", NAMES.function(folder)) for folder in FUNCTIONS),
        ("stack", NAMES.data_stack),
        ("stack", NAMES.shared_stack),
        ("state machine", NAMES.state_machine),
        ("topic", NAMES.topic),
        ("dashboard", NAMES.fleet_dashboard(REGION)),
        *(("alarm", alarm.name) for alarm in alarms),
    ]


def names_of_model(model: str) -> Iterator[tuple[str, str]]:
    """Yield kind and name of the resources of one model."""
    yield "endpoint", NAMES.resource(model)
    yield "stack", NAMES.model_stack(model)
    yield "endpoint config", NAMES.initial_release(model, 1)
    yield "endpoint config", NAMES.release(model, 1, "abcdef")
    yield "dashboard", NAMES.dashboard(model, REGION)
    yield "endpoint role", NAMES.role(model, "endpoint", REGION)
    yield "pipeline role", NAMES.role(model, "pipeline", REGION)
    context = AlarmContext(NAMES, model, SETTINGS)
    for alarm in table.model_stack_alarms(context, queue_name="queue"):
        yield "alarm", alarm.name


def taken_twice(models: list[str]) -> list[tuple[str, str]]:
    """Return kinds and names that two resources of one kind would have."""
    names = environment_names()
    for model in models:
        names += names_of_model(model)
    return [name for name, count in Counter(names).items() if count > 1]


@given(st.lists(model_names, min_size=1, max_size=4, unique=True))
def test_names_are_distinct_unless_the_configuration_is_refused(models: list[str]) -> None:
    if not find_name_conflicts(models):
        assert taken_twice(models) == []
        shared = {name for _, name in environment_names()}
        assert not shared & {NAMES.resource(model) for model in models}


def test_every_name_of_the_environment_is_reserved() -> None:
    prefix = f"{NAMES.prefix}-"
    parts = {
        name.removeprefix(prefix).removesuffix(f"-{REGION}") for _, name in environment_names()
    }
    assert parts <= RESERVED_NAMES


def test_the_pairs_of_models_that_are_refused_are_those_with_an_alarm_in_common() -> None:
    kinds = [row.kind for row in table.ALARMS] + [table.DEAD_LETTER_QUEUE]
    ends = {
        longer.removesuffix(f"-{kind}")
        for longer, kind in [*combinations(kinds, 2), *((b, a) for a, b in combinations(kinds, 2))]
        if longer.endswith(f"-{kind}")
    }
    assert ends == {"prediction"}
    for end in ends:
        assert taken_twice(["a", f"a-{end}"])
        assert find_name_conflicts(["a", f"a-{end}"])


@pytest.mark.parametrize("name", [*sorted(RESERVED_NAMES), "Fleet", "start_analysis"])
def test_a_reserved_name_is_refused_in_words(name: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"a model can't be called {name!r}")):
        validate_config({"models": {name: MODEL}})


@pytest.mark.parametrize("pair", [("a_b", "a-b"), ("Churn", "churn"), ("A_b", "a-B")])
def test_names_that_differ_in_case_or_underscores_are_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(ConfigError, match="would have the same resource names"):
        validate_config({"models": dict.fromkeys(pair, MODEL)})


@given(st.from_regex(r"\A[A-Za-z0-9]([-_]?[A-Za-z0-9]){0,29}\Z"))
def test_names_are_within_the_limits_of_aws(model: str) -> None:
    """IAM: 64 characters of a role's name; SageMaker: 63 of a model's or endpoint config's."""
    model = model[:30]
    for kind in ("endpoint", "pipeline"):
        assert len(NAMES.role(model, kind, REGION)) <= 64
    assert len(NAMES.release(model, 9999, "abcdef")) <= 63
    assert len(NAMES.initial_release(model, 9999)) <= 63
    assert re.fullmatch(r"[a-z0-9-]+", NAMES.resource(model))
