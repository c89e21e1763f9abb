"""Whatever a client sends, the families predict or refuse: an exception would be a 500."""

import importlib
import json
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftloop.content_types import CONTENT_TYPES
from pipelines.code_archives import family_files

SHARED_MODULES = (
    *("tabular_serving", "tabular_payload", "tabular_frame"),
    *("driftloop_cell_values", "driftloop_cell_dates"),
)
scalars = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    st.sampled_from([10**400, "\ud800", "2026-01-01", "9999-99-99", "1e999", 1e11, 1e300]),
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


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The module tabular_serving of a model archive."""
    folder = tmp_path_factory.mktemp("code")
    for name, path in family_files("sklearn").items():
        shutil.copyfile(path, folder / name)
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("tabular_serving")
    finally:
        sys.path.remove(str(folder))
        for name in SHARED_MODULES:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def frame(serving: Any) -> Any:
    features = {"x": "numeric", "city": "categorical", "day": "date"}
    return serving.Frame("binary_classification", "t", features, {"city": ["Bern"]}, ["0", "1"])


@given(body=bodies, content_type=content_types, accept=accepts)
def test_every_request_is_predicted_or_refused_with_4xx(
    serving: Any, frame: Any, body: str | bytes, content_type: str, accept: str | None
) -> None:
    request = serving.input_fn(body, content_type)
    predictions = serving.predict_rows(request, frame, lambda matrix: np.zeros(len(matrix)))
    response = serving.output_fn(predictions, accept)
    if isinstance(response, tuple):
        text, answered_type = response
        assert isinstance(text, str)
        assert answered_type in CONTENT_TYPES
    else:
        assert 400 <= response.status_code < 500
        assert response.get_data(as_text=True).strip()
