import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from driftloop.config import load_config
from driftloop.errors import InputError
from pipelines.code_archives import write_tar_gz
from pipelines.step_settings import settings_json
from pipelines.steps import predict
from pipelines.steps.model_predictions import ModelUnderTest
from pipelines.steps.step_environment import StepSettings, read_settings

ROWS = pd.DataFrame({"x": [1.0, np.nan, 3.0], "city": ["Bern", 'a "b",\nc', None]})
CODE = """
import json
import helper
def model_fn(folder):
    return helper.WEIGHT
def input_fn(body, content_type):
    import csv, io
    assert content_type == "text/csv"
    return list(csv.reader(io.StringIO(body)))
def predict_fn(rows, weight):
    return [PREDICTION for row in rows]
def output_fn(predictions, accept):
    return json.dumps({"predictions": predictions})
"""
SCORE = '{"score": weight * float(row[0] or 7)}'


def _archive(folder: Path, prediction: str, weight: float = 1.0, code: str = CODE) -> Path:
    files = {"code/inference.py": code.replace("PREDICTION", prediction), "code/helper.py": ""}
    files["code/helper.py"] = f"WEIGHT = {weight}\n"
    paths = {}
    for number, (name, text) in enumerate(files.items()):
        path = folder / f"{number}.py"
        path.write_text(text)
        paths[name] = path
    return write_tar_gz(paths, folder / f"model-{weight}.tar.gz")


@pytest.fixture
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> StepSettings:
    problem_type = getattr(request, "param", "binary_classification")
    text = (
        f"models: {{toy: {{problem_type: {problem_type},"
        " features: {x: numeric, city: categorical}, target: t, family: sklearn,"
        " training_data: d.csv}}"
    )
    path = tmp_path / "settings.json"
    path.write_text(settings_json("toy", load_config(text).models["toy"]))
    return read_settings(path)


def _predict(model: ModelUnderTest, settings: StepSettings, classes: list[str]) -> np.ndarray:
    [predictions] = model.predict([ROWS], settings, classes)
    return predictions


def test_two_models_with_modules_of_the_same_names_use_their_own_modules(
    tmp_path: Path, settings: StepSettings
) -> None:
    champion = ModelUnderTest("champion", _archive(tmp_path, SCORE, 1.0))
    challenger = ModelUnderTest("challenger", _archive(tmp_path, SCORE, 0.5))
    assert _predict(champion, settings, []).tolist() == [1.0, 7.0, 3.0]
    assert _predict(challenger, settings, []).tolist() == [0.5, 3.5, 1.5]


def test_a_model_with_other_columns_is_sent_them_in_its_own_order(
    tmp_path: Path, settings: StepSettings
) -> None:
    # city and x changed places since, and `removed` is no feature any more
    archive = _archive(tmp_path, '{"score": 10 * len(row) + len(row[1]) + float(row[2] or 7)}')
    champion = ModelUnderTest("champion", archive, ("city", "removed", "x"))
    assert _predict(champion, settings, []).tolist() == [31.0, 37.0, 33.0]


@pytest.mark.parametrize("rows_of_a_request", [1, 2, 2000])
def test_a_model_is_loaded_once_for_several_tables(
    tmp_path: Path,
    settings: StepSettings,
    monkeypatch: pytest.MonkeyPatch,
    rows_of_a_request: int,
) -> None:
    code = CODE.replace("return helper.WEIGHT", "open(LOG, 'a').write('.'); return helper.WEIGHT")
    script = Path(predict.__file__).read_text()
    copy = tmp_path / "predict.py"
    copy.write_text(script.replace("REQUEST_ROWS = 2000", f"REQUEST_ROWS = {rows_of_a_request}"))
    monkeypatch.setattr(predict, "__file__", str(copy))
    code = code.replace("LOG", repr(str(tmp_path / "loaded")))
    model = ModelUnderTest("champion", _archive(tmp_path, SCORE, code=code))
    tables = [ROWS, ROWS[:0], ROWS[2:]]
    predictions = [each.tolist() for each in model.predict(tables, settings, [])]
    assert predictions == [[1.0, 7.0, 3.0], [], [3.0]]
    assert (tmp_path / "loaded").read_text() == "."


@pytest.mark.parametrize(
    ("prediction", "message"),
    [
        ("1 / 0", "the challenger fails to predict: .*ZeroDivisionError"),
        ('{"score": None}', "the challenger returns"),
        ('{"score": "high"}', "the challenger returns"),
    ],
)
def test_a_model_that_fails_is_reported_by_name_with_its_own_error(
    tmp_path: Path, settings: StepSettings, prediction: str, message: str
) -> None:
    model = ModelUnderTest("challenger", _archive(tmp_path, prediction))
    with pytest.raises(InputError, match=f"(?s){message}"):
        _predict(model, settings, [])


@pytest.mark.parametrize(
    "returned",
    [
        "text",
        "text.encode()",
        '(text, "application/json")',
        '__import__("flask").Response(text, mimetype="application/json")',
        "json.loads(text)",
    ],
)
def test_every_form_that_output_fn_may_return_is_read(
    tmp_path: Path, settings: StepSettings, returned: str
) -> None:
    code = CODE.replace(
        '    return json.dumps({"predictions": predictions})\n',
        f'    text = json.dumps({{"predictions": predictions}})\n    return {returned}\n',
    )
    model = ModelUnderTest("champion", _archive(tmp_path, SCORE, code=code))
    assert _predict(model, settings, []).tolist() == [1.0, 7.0, 3.0]


def test_ignored_columns_are_empty_cells_of_the_rows(tmp_path: Path) -> None:
    text = (
        "models: {toy: {problem_type: regression, features: {id: ignore, x: numeric, note: ignore,"
        " city: categorical}, target: t, family: sklearn, training_data: d.csv}}"
    )
    path = tmp_path / "settings.json"
    path.write_text(settings_json("toy", load_config(text).models["toy"]))
    prediction = '{"score": float(row[1] or 7) if len(row) == 4 and not row[0] + row[2] else -1}'
    model = ModelUnderTest("champion", _archive(tmp_path, prediction))
    assert _predict(model, read_settings(path), []).tolist() == [1.0, 7.0, 3.0]


def test_a_model_that_refuses_the_rows_is_reported_with_its_status_and_text(
    tmp_path: Path, settings: StepSettings
) -> None:
    code = CODE.replace(
        'return json.dumps({"predictions": predictions})',
        'return __import__("flask").Response("Row 1 has 2 cells.", 400)',
    )
    model = ModelUnderTest("champion", _archive(tmp_path, SCORE, code=code))
    with pytest.raises(InputError, match=r"(?s)the champion fails .*status 400: Row 1 has 2 cells"):
        _predict(model, settings, [])


@pytest.mark.parametrize("settings", ["multiclass_classification"], indirect=True)
def test_probabilities_are_sorted_by_the_order_of_the_classes(
    tmp_path: Path, settings: StepSettings
) -> None:
    prediction = '{"probabilities": {"b": 0.75, "2.0": 0.25, "other": 0.0}}'
    model = ModelUnderTest("champion", _archive(tmp_path, prediction))
    probabilities = _predict(model, settings, ["2", "a", "b"])
    assert probabilities.tolist() == [[0.25, 0.0, 0.75]] * 3


@pytest.mark.parametrize("settings", ["multiclass_classification"], indirect=True)
def test_a_multiclass_model_without_probabilities_fails_with_the_required_format(
    tmp_path: Path, settings: StepSettings
) -> None:
    model = ModelUnderTest("champion", _archive(tmp_path, '{"predicted_label": "a"}'))
    with pytest.raises(InputError, match="returns no probabilities"):
        _predict(model, settings, ["a", "b"])


def test_the_settings_file_is_read_back_completely(settings: StepSettings) -> None:
    assert settings.schema.names == ("x", "city")
    assert settings.policy.bootstrap_resamples == 1000
    assert json.loads(json.dumps(settings.label_delay_hours)) == 24
