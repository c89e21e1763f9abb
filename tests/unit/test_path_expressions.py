"""Path expressions: what JMESPath gives, by its own library; what is refused."""

import json
from typing import Any

import jmespath  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftloop.path_expressions import MAX_STEPS, MISSING, PathExpression

DOCUMENT = {
    "customer": {"age": 41, "address": {"city": "Bern"}, "home-city": "Chur", "none": None},
    "instances": [{"age": 1, "tags": ["a", "b"]}, {"age": 2, "tags": []}],
    "myfeatures": [1, 2, 3],
    "matrix": [[1, 2], [3, 4]],
    "a.b": 5,
}


@pytest.mark.parametrize(
    "text",
    [
        "customer",
        "customer.age",
        "customer.address.city",
        'customer."home-city"',
        '"a.b"',
        "myfeatures",
        "myfeatures[0]",
        "myfeatures[-1]",
        "instances[1].age",
        "instances[*].age",
        "instances[*].tags",
        "matrix[1][0]",
        "matrix[*][1]",
        "matrix[*]",
        "customer.none",
        "customer.missing",
        "missing.age",
        "customer.age.more",
        "myfeatures[7]",
        "customer[0]",
    ],
)
def test_an_expression_selects_what_jmespath_selects(text: str) -> None:
    found = PathExpression.parse(text).find(DOCUMENT)
    assert (None if found is MISSING else found) == jmespath.search(text, DOCUMENT)


def test_the_example_of_the_sagemaker_api_reference_is_read() -> None:
    """ClarifyInferenceConfig, FeaturesAttribute."""
    assert PathExpression.parse("myfeatures").find({"myfeatures": [1, 2, 3]}) == [1, 2, 3]


KEYS = st.sampled_from(["a", "b", "home-city", 'quo"te', "", "ü", "x.y"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["a", ""])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)
STEPS = st.lists(st.one_of(KEYS, st.integers(-2, 2)), min_size=1, max_size=4)


def to_text(steps: list[str | int]) -> str:
    parts = [f".{json.dumps(step)}" if isinstance(step, str) else f"[{step}]" for step in steps]
    return "".join(parts).removeprefix(".")


@settings(max_examples=300, deadline=None)
@given(document=VALUES, steps=STEPS)
def test_any_path_of_keys_and_positions_selects_what_jmespath_selects(
    document: Any, steps: list[str | int]
) -> None:
    text = to_text(steps)
    expected = jmespath.search(text, document)
    found = PathExpression.parse(text).find(document)
    if expected is not None:
        assert found == expected
    elif found is not MISSING:
        # only through a list, to which JMESPath applies no key
        assert found is None or isinstance(found, list)


@given(steps=STEPS)
def test_an_expression_is_written_as_it_is_read(steps: list[str | int]) -> None:
    path = PathExpression.parse(to_text(steps))
    assert path.steps == tuple(steps)
    assert PathExpression.parse(str(path)) == path


def test_items_without_a_value_keep_their_place() -> None:
    document = {"rows": [{"age": 1}, {}, {"age": 3}]}
    assert PathExpression.parse("rows[*].age").find(document) == [1, None, 3]
    assert PathExpression.parse("rows.age").find(document) == [1, None, 3]
    assert PathExpression.parse("rows.city").find(document) is MISSING


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "a.", ".a", "a..b", "a b", "home-city", "a[", "a[]", "a[1", "a[x]", "a.[0]"),
        *("a[?b]", "length(a)", "a|b", "{x: a}", "a[1:2]", "@", "$.a", "/a/b", '"open', '"\\x"'),
        ".".join(["a"] * (MAX_STEPS + 1)),
    ],
)
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"path|steps|empty"):
        PathExpression.parse(text)
