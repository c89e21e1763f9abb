import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from driftloop.content_types import CONTENT_TYPES
from pipelines.code_archives import family_files, steps_files, write_tar_gz, write_zip
from pipelines.families import FAMILIES
from tests.trained_families import ServedModel, trained_family

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
CLASSES = {
    "binary_classification": ["no", "yes"],
    # no training row has the last class
    "multiclass_classification": ["a", "b", "c", "unseen"],
    "regression": [],
}


def _training_rows(problem_type: str) -> pd.DataFrame:
    generator = np.random.default_rng(4)
    table = pd.DataFrame(
        {"x": generator.normal(size=400), "city": generator.choice(["Bern", "Chur"], 400)}
    )
    table.loc[:20, "x"] = np.nan
    table.loc[21:28, "x"] = 2 * [np.inf, -np.inf, 1e39, 3.5e38]
    classes = CLASSES[problem_type]
    target = table["x"].where(table["x"].abs() < 10, 0) + generator.normal(0, 0.3, 400)
    if classes:
        trained_classes = classes[:3]
        target = pd.qcut(target, len(trained_classes), labels=trained_classes).astype(str)
    else:
        target[29], target[30] = np.inf, 1e39
    return table.assign(target=target)


@pytest.fixture(
    scope="module",
    params=[(family, problem_type) for family in FAMILIES for problem_type in CLASSES],
)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServedModel]:
    family, problem_type = request.param
    schema = {
        "features": {"x": "numeric", "city": "categorical"},
        "target": "target",
        "problem": problem_type,
        "classes": CLASSES[problem_type],
    }
    folder = tmp_path_factory.mktemp(family)
    with trained_family(family, schema, _training_rows(problem_type), folder) as model:
        yield model


def test_a_row_has_the_same_prediction_in_every_format(served: ServedModel) -> None:
    plain = served.invoke("1.5,Bern\n-2,Chur\n")
    assert len(plain.splitlines()) == 2
    assert served.invoke("city,x\nBern,1.5\nChur,-2\n") == plain
    assert served.invoke(b"\xef\xbb\xbf1.5,Bern\r\n-2, Chur\r\n", "text/csv; charset=UTF8") == plain
    by_name = [{"x": 1.5, "city": "Bern"}, {"x": -2, "city": "Chur"}]
    in_order = [[1.5, "Bern"], {"features": [-2, "Chur"]}]
    for instances in (by_name, in_order):
        body = json.dumps({"instances": instances})
        assert served.invoke(body, JSON, CSV) == plain
        lines = "\r\n".join(map(json.dumps, instances)).encode()
        assert served.invoke(lines, JSON_LINES, CSV) == plain
        predictions = json.loads(served.invoke(body, JSON))["predictions"]
        answers = served.invoke(lines, JSON_LINES).splitlines()
        assert [json.loads(line) for line in answers] == predictions


@pytest.mark.parametrize("family", FAMILIES)
def test_ignored_columns_of_a_request_do_not_reach_the_model(family: str, tmp_path: Path) -> None:
    schema = {
        "features": {"x": "numeric", "city": "categorical"},
        "target": "target",
        "problem": "regression",
        "classes": [],
        "request_columns": ["id", "x", "city", "note"],
    }
    rows = _training_rows("regression").assign(id=range(400))
    with trained_family(family, schema, rows, tmp_path) as model:
        plain = model.invoke("c-1,1.5,Bern,\n")
        assert len(model.invoke("c-1,1.5,Bern,\nc-2,-2,Chur,any").splitlines()) == 2
        assert model.invoke("c-9,1.5,Bern,any") == plain
        assert model.invoke("id,x,city,note\nc-1,1.5,Bern,\n") == plain
        assert model.invoke("city,x\nBern,1.5\n") == plain
        for instance in (["c-1", 1.5, "Bern", None], {"x": 1.5, "city": "Bern", "id": "c-1"}):
            body = json.dumps({"instances": [instance]})
            assert model.invoke(body, JSON, CSV) == plain
        refused = model.respond("1.5,Bern\n")
        assert refused.status_code == 400
        assert "expected 4: id, x, city, note" in refused.get_data(as_text=True)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kept", [["city"], []])
def test_a_category_na_and_a_class_none_are_learned(
    family: str, kept: list[str], tmp_path: Path
) -> None:
    schema = {
        "features": {"x": "numeric", "city": "categorical"},
        "target": "target",
        "problem": "multiclass_classification",
        "classes": ["None", "major", "minor"],
        "keep_na_texts": kept,
    }
    cities, targets = ("NA", "EU", "AP"), ("None", "major", "minor")
    rows = pd.DataFrame(
        {"x": 0.0, "city": [*cities] * 100, "target": [*targets] * 100}, index=range(300)
    )
    with trained_family(family, schema, rows, tmp_path) as model:
        assert model.invoke("0,EU\n0,AP\n") == "major\nminor\n"
        assert model.invoke("0,NA\n") == "None\n"
        answers = [model.invoke(row, accept=JSON) for row in ("0,NA\n", "0,\n")]
        assert (answers[0] != answers[1]) is bool(kept)


def test_a_prediction_is_a_score_or_a_label_with_probabilities(served: ServedModel) -> None:
    frame = served.model[0]
    predictions = json.loads(served.invoke("2.5,Bern\n-2.5,Chur\n", accept=JSON))["predictions"]
    if frame.problem_type == "multiclass_classification":
        assert [each["predicted_label"] for each in predictions] == ["c", "a"]
        for each in predictions:
            assert sum(each["probabilities"].values()) == pytest.approx(1, abs=1e-6)
    else:
        assert predictions[0]["score"] > predictions[1]["score"]
    if frame.problem_type == "binary_classification":
        assert all(0 <= each["score"] <= 1 for each in predictions)


def test_rows_with_missing_and_unseen_values_have_predictions(served: ServedModel) -> None:
    body = ",Bern\n1,Atlantis\nnot a number,\n"
    assert len(json.loads(served.invoke(body, accept=JSON))["predictions"]) == 3
    assert served.invoke(",Bern\n") == served.invoke("NaN,Bern\n")
    assert served.invoke(",Bern\n") == served.invoke("not a number,Bern\n")
    by_name = {"instances": [{"x": 1}, {"city": "Bern", "unknown": 1}]}
    assert len(json.loads(served.invoke(json.dumps(by_name), JSON))["predictions"]) == 2


# float32 ends at 3.4028235e38 (IEEE 754, binary32)
@pytest.mark.parametrize("number", ["inf", "-inf", "1e999", "1e39", "-1e39", "3.5e38"])
def test_a_number_that_float32_does_not_have_is_a_missing_value(
    served: ServedModel, number: str
) -> None:
    assert served.invoke(f"{number},Bern\n") == served.invoke(",Bern\n")
    in_json = {"instances": [[float(number), "Bern"]]}
    assert served.invoke(json.dumps(in_json), JSON, CSV) == served.invoke(",Bern\n")


def test_the_largest_number_of_float32_is_a_value(served: ServedModel) -> None:
    assert served.invoke("3.4028234e38,Bern\n") == served.invoke("1e30,Bern\n")
    assert served.invoke("3.4028234e38,Bern\n") != served.invoke("-3.4028234e38,Bern\n")


def test_a_text_longer_than_the_default_limit_of_the_csv_module_is_a_cell(
    served: ServedModel,
) -> None:
    # 131,072 characters (Python documentation, csv.field_size_limit)
    text = "x" * 140_000
    in_json = {"instances": [[1, text]]}
    assert served.invoke(f"1,{text}\n") == served.invoke(json.dumps(in_json), JSON, CSV)


@pytest.mark.parametrize(
    ("body", "kind", "status", "message"),
    [
        ("1,Bern,3\n", CSV, 400, "Row 1 has 3 cells, expected 2: x, city."),
        ("1,Bern\n2\n", CSV, 400, "Row 2 has 1 cells, expected 2: x, city."),
        ('1,"Bern', CSV, 400, "The body is not CSV: unexpected end of data."),
        ("", CSV, 400, "The request has no rows: its body is empty."),
        (b" \n", JSON_LINES, 400, "The request has no rows: its body is empty."),
        (b"1,\xff\n", "text/csv; charset=utf-8", 400, "The body is not UTF-8 at byte 2."),
        ("{", JSON, 400, "The body is not JSON: "),
        ("[" * 100_000, JSON, 400, "The body is n"),
        ('{"instances": 5}', JSON, 400, 'JSON must be {"instances": [...]}'),
        ('{"rows": []}', JSON, 400, 'JSON must be {"instances": [...]}'),
        ("[[1, 2]]", JSON, 400, 'JSON must be {"instances": [...]}'),
        ('{"instances": [7]}', JSON, 400, "Row 1 is neither a list of cells nor an object"),
        ('{"instances": [[1, [2]]]}', JSON, 400, "Row 1 has a list or an object as 'city'"),
        ('{"instances": [{"x": {}}]}', JSON, 400, "Row 1 has a list or an object as 'x'"),
        ('{"instances": [{"y": 1}]}', JSON, 400, "Row 1 has none of the features x, city."),
        (b'[1, "Bern"]\n{', JSON_LINES, 400, "Line 2 is not JSON: "),
        (b"1", "image/png", 415, "Content type 'image/png' is not supported: send text/csv, "),
        (b"1,2", "text/csv; charset=utf-16", 415, "The charset of 'text/csv; charset=utf-16' is"),
        (b"1,2", "text/csv; charset=none", 415, "The charset of 'text/csv; charset=none' is"),
    ],
)
def test_a_wrong_request_is_answered_with_4xx_and_one_sentence(
    served: ServedModel, body: str | bytes, kind: str, status: int, message: str
) -> None:
    response = served.respond(body, kind)
    assert response.status_code == status
    assert response.mimetype == "text/plain"
    text = response.get_data(as_text=True)
    assert text.startswith(message)
    assert text.endswith(".\n")
    assert text.count("\n") == 1


def test_a_request_with_an_empty_list_has_a_response_without_predictions(
    served: ServedModel,
) -> None:
    assert json.loads(served.invoke('{"instances": []}', JSON)) == {"predictions": []}


def test_an_error_of_the_model_is_raised(served: ServedModel) -> None:
    frame, _ = served.model
    broken = ServedModel(served.code, (frame, "no model"))
    with pytest.raises((AttributeError, TypeError)):
        broken.respond("1,Bern\n")


@pytest.fixture
def payload() -> Iterator[Any]:
    sys.path.insert(0, str(FAMILIES["sklearn"].files()["tabular_payload.py"].parent))
    try:
        yield importlib.import_module("tabular_payload")
    finally:
        sys.path.pop(0)
        sys.modules.pop("tabular_payload", None)


# The values of Accept are those of RFC 9110, section 12.5.1, with the supported types.
@pytest.mark.parametrize(
    ("accept", "own", "expected"),
    [
        (None, CSV, CSV),
        ("", JSON, JSON),
        ("*/*", JSON_LINES, JSON_LINES),
        ("text/csv", JSON, CSV),
        ("Application/JSON", CSV, JSON),
        ("application/json; charset=utf-8", CSV, JSON),
        ("application/*", CSV, JSON),
        ("application/*", JSON_LINES, JSON_LINES),
        ("application/*;q=0.2, text/*;q=0.5, */*;q=0.1", JSON, CSV),
        ("text/csv;q=0, */*", CSV, JSON),
        ("text/csv;q=0.5, application/json, */*;q=0.1", CSV, JSON),
        ("text/html, application/json;q=0.9, */*;q=0.8", CSV, JSON),
        ("image/png, application/jsonlines", CSV, JSON_LINES),
        ("text/csv, application/json", JSON, JSON),
        ("application/json;q=high", CSV, JSON),
        ("text/csv;q=nan, application/json;q=0.4", JSON, CSV),
    ],
)
def test_the_response_has_the_content_type_that_the_client_prefers(
    payload: Any, accept: str | None, own: str, expected: str
) -> None:
    assert payload.choose_content_type(accept, own) == expected


@pytest.mark.parametrize("accept", ["image/png", "*/*;q=0", "text/html, application/xml;q=0.9"])
def test_a_client_that_accepts_no_supported_type_gets_406(payload: Any, accept: str) -> None:
    with pytest.raises(payload.RequestError, match="accept text/csv, application/json") as error:
        payload.choose_content_type(accept, CSV)
    assert error.value.status == 406


def test_the_families_read_and_write_every_declared_content_type(payload: Any) -> None:
    assert tuple(payload.READERS) == tuple(payload.WRITERS) == CONTENT_TYPES


def test_a_class_with_a_comma_is_one_cell_of_csv(payload: Any) -> None:
    predictions = [{"predicted_label": "a,b", "probabilities": {"a,b": 1.0}}]
    assert payload.write(predictions, CSV) == '"a,b"\n'


def test_a_message_names_a_bounded_number_of_features(payload: Any) -> None:
    names = [f"feature_{number}" for number in range(500)]
    with pytest.raises(payload.RequestError) as error:
        payload.columns([[1]], names)
    assert str(error.value).endswith("feature_19 and 480 more.")


def test_equal_files_give_archives_of_equal_bytes(tmp_path: Path) -> None:
    for write, files in ((write_zip, steps_files()), (write_tar_gz, family_files("sklearn"))):
        first, second = (write(files, tmp_path / name).read_bytes() for name in "ab")
        assert first == second


def test_the_steps_archive_contains_neither_the_command_line_nor_the_configuration() -> None:
    names = set(steps_files())
    assert "__main__.py" in names
    assert "pipelines/steps/curate.py" in names
    assert not [name for name in names if name.startswith(("driftloop/cli", "driftloop/config"))]


def test_the_steps_archive_contains_everything_that_a_step_imports(tmp_path: Path) -> None:
    import subprocess

    archive = write_zip(steps_files(), tmp_path / "steps.zip")
    for step in ("curate", "evaluate", "baseline"):
        done = subprocess.run(
            [sys.executable, str(archive), step, "--help"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "--settings" in done.stdout


def test_running_the_archive_without_a_step_lists_the_steps(tmp_path: Path) -> None:
    import subprocess

    archive = write_zip(steps_files(), tmp_path / "steps.zip")
    done = subprocess.run(
        [sys.executable, str(archive)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "the first argument must name a step: curate, evaluate, baseline\n"


def test_a_csv_row_with_a_quoted_line_break_is_one_row(payload: Any) -> None:
    request = payload.parse('1,"two\nlines"\n', CSV)
    assert request.rows == [["1", "two\nlines"]]


@pytest.mark.parametrize("values", [0, 3])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_column_with_too_few_values_is_no_error(family: str, tmp_path: Path, values: int) -> None:
    rows = _training_rows("regression")
    rows["empty"] = np.where(np.arange(len(rows)) < values, 1.5, np.nan)
    rows["blank"] = ["a" if row < values else None for row in range(len(rows))]
    schema = {
        "features": {
            "x": "numeric",
            "empty": "numeric",
            "blank": "categorical",
            "city": "categorical",
        },
        "target": "target",
        "problem": "regression",
        "classes": [],
    }
    with trained_family(family, schema, rows, tmp_path) as model:
        low, high = model.invoke("-1.5,,,Bern\n"), model.invoke("1.5,,,Bern\n")
        assert float(low) < -0.5 < 0.5 < float(high)
        assert model.invoke("1.5,7,b,Bern\n") == high


@pytest.mark.parametrize("problem_type", ["binary_classification", "multiclass_classification"])
@pytest.mark.parametrize("family", FAMILIES)
def test_training_rows_of_one_class_end_with_a_sentence(
    family: str, problem_type: str, tmp_path: Path
) -> None:
    schema = {
        "features": {"x": "numeric", "city": "categorical"},
        "target": "target",
        "problem": problem_type,
        "classes": CLASSES[problem_type],
    }
    [first, *_] = CLASSES[problem_type]
    rows = _training_rows(problem_type).assign(target=first)
    with (
        pytest.raises(SystemExit, match=f"one class of the target target: {first}. At least two"),
        trained_family(family, schema, rows, tmp_path),
    ):
        pass
