"""Whatever a client sends, the families predict or refuse: an exception would be a 500."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from driftloop.content_types import CONTENT_TYPES
from pipelines.families import FAMILIES
from tests.trained_families import ServedModel, trained_family

scalars = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    st.sampled_from([10**400, "\ud800", "2026-01-01", "9999-99-99", "1e999", 1e11, 1e300]),
)
# json.dumps writes Infinity and NaN, which json.loads of a client's body accepts
numbers = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats()),
    st.sampled_from([np.inf, -np.inf, 1e39, -1e39, 3.5e38, np.nan]),
    st.sampled_from(["inf", "-Infinity", "1e999", "1e39", "nan", "text"]),
)
names = st.sampled_from(["x", "city", "day", "features", "instances", "other"])
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=10,
)
content_types = st.sampled_from(
    [*CONTENT_TYPES, "text/csv; charset=utf-8", "text/csv; charset=\0", "application/xml", "", ";"]
)
accepts = st.none() | st.sampled_from([*CONTENT_TYPES, "*/*", ";q=", ",", "text/*;q=inf"])
bodies = st.one_of(
    *(st.text(), st.binary()),
    documents.map(json.dumps),
    st.lists(documents, max_size=3).map(lambda items: json.dumps({"instances": items})),
    st.lists(documents, max_size=3).map(lambda items: "\n".join(map(json.dumps, items)).encode()),
)


@pytest.fixture(scope="module", params=list(FAMILIES))
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServedModel]:
    """A model of each family, trained once."""
    generator = np.random.default_rng(5)
    rows = pd.DataFrame(
        {
            "x": generator.normal(size=100),
            "city": generator.choice(["Bern", "Chur"], 100),
            "day": generator.choice(["2026-01-11", "2026-02-12"], 100),
        }
    )
    rows["t"] = (rows["x"] > 0).astype(int)
    rows.loc[:4, "x"] = [np.nan, np.inf, -np.inf, 1e39, 3.5e38]
    schema = {
        "features": {"x": "numeric", "city": "categorical", "day": "date"},
        "target": "t",
        "problem": "binary_classification",
        "classes": ["0", "1"],
    }
    folder = tmp_path_factory.mktemp("family")
    # one row does not need threads, and threads of parallel tests wait for each other; the limit
    # holds for libraries that are loaded already
    with trained_family(request.param, schema, rows, folder) as model, threadpool_limits(1):
        yield model


@settings(deadline=None)
@given(body=bodies, content_type=content_types, accept=accepts)
def test_every_request_is_predicted_or_refused_with_4xx(
    served: ServedModel, body: str | bytes, content_type: str, accept: str | None
) -> None:
    response = served.respond(body, content_type, accept)
    if isinstance(response, tuple):
        text, answered_type = response
        assert isinstance(text, str)
        assert answered_type in CONTENT_TYPES
    else:
        assert 400 <= response.status_code < 500
        assert response.get_data(as_text=True).strip()


@settings(deadline=None)
@given(rows=st.lists(st.tuples(numbers, scalars, scalars), min_size=1, max_size=4))
def test_every_row_of_scalars_has_a_probability(
    served: ServedModel, rows: list[tuple[Any, ...]]
) -> None:
    body = json.dumps({"instances": rows})
    predictions = json.loads(served.invoke(body, "application/json"))["predictions"]
    assert len(predictions) == len(rows)
    assert all(0 <= each["score"] <= 1 for each in predictions)
    lines = "\n".join(map(json.dumps, rows)).encode()
    answers = served.invoke(lines, "application/jsonlines").splitlines()
    assert [json.loads(line) for line in answers] == predictions


@settings(deadline=None)
@given(cells=st.lists(numbers, min_size=1, max_size=4))
def test_every_number_in_csv_has_a_probability(served: ServedModel, cells: list[Any]) -> None:
    lines = served.invoke("".join(f"{cell},Bern,2026-01-11\n" for cell in cells)).splitlines()
    assert len(lines) == len(cells)
    assert all(0 <= float(line) <= 1 for line in lines)
