import importlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.code_archives import family_files, steps_files, write_tar_gz, write_zip
from pipelines.families import FAMILIES, get_family

SMALL: dict[str, dict[str, Any]] = {
    "sklearn": {"max_iter": 20, "min_samples_leaf": 5},
    "xgboost": {"num_boost_round": 15, "max_depth": 3},
}
CLASSES = {
    "binary_classification": ["no", "yes"],
    # no training row has the last class
    "multiclass_classification": ["a", "b", "c", "unseen"],
    "regression": [],
}


class ServedModel:
    """A trained model, called through the functions that SageMaker's images call."""

    def __init__(self, code: Any, model: Any) -> None:
        self.code, self.model = code, model

    def invoke(self, body: str | bytes, kind: str = "text/csv", accept: str | None = None) -> str:
        data = self.code.input_fn(body, kind)
        response: str = self.code.output_fn(self.code.predict_fn(data, self.model), accept)
        return response


def _training_rows(problem_type: str) -> pd.DataFrame:
    generator = np.random.default_rng(4)
    table = pd.DataFrame(
        {"x": generator.normal(size=400), "city": generator.choice(["Bern", "Chur"], 400)}
    )
    table.loc[:20, "x"] = np.nan
    classes = CLASSES[problem_type]
    target = table["x"].fillna(0) + generator.normal(0, 0.3, 400)
    if classes:
        trained_classes = classes[:3]
        target = pd.qcut(target, len(trained_classes), labels=trained_classes).astype(str)
    return table.assign(target=target)


@pytest.fixture(params=[(family, problem_type) for family in FAMILIES for problem_type in CLASSES])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServedModel]:
    family, problem_type = request.param
    package, data, model = (tmp_path / name for name in ("package", "data", "model"))
    for folder in (package, data, model):
        folder.mkdir()
    for name, path in family_files(family).items():
        (package / name).write_bytes(path.read_bytes())
    _training_rows(problem_type).to_csv(data / "train.csv", index=False)
    schema = {
        "features": {"x": "numeric", "city": "categorical"},
        "target": "target",
        "problem": problem_type,
        "classes": CLASSES[problem_type],
    }
    (data / "schema.json").write_text(json.dumps(schema))
    flat = [name.removesuffix(".py") for name in family_files(family)]
    hyperparameters = {**get_family(family).hyperparameters, **SMALL[family]}
    options = [f"--{name}={value}" for name, value in hyperparameters.items()]
    previous = list(sys.path), list(sys.argv)
    try:
        sys.argv = ["train.py", f"--train={data}", f"--model-dir={model}", *options]
        sys.path.insert(0, str(package))
        importlib.import_module("train").main()
        for name in flat:
            sys.modules.pop(name, None)
        sys.path[0] = str(model / "code")
        code = importlib.import_module("inference")
        yield ServedModel(code, code.model_fn(str(model)))
    finally:
        sys.path[:], sys.argv[:] = previous
        for name in flat:
            sys.modules.pop(name, None)


def test_a_row_has_the_same_prediction_in_csv_with_and_without_header_and_in_json(
    served: ServedModel,
) -> None:
    plain = served.invoke("1.5,Bern\n-2,Chur\n", accept="text/csv")
    assert len(plain.splitlines()) == 2
    assert served.invoke("city,x\nBern,1.5\nChur,-2\n", accept="text/csv") == plain
    assert served.invoke(b"1.5,Bern\n-2,Chur\n", "text/csv; charset=utf-8", "text/csv") == plain
    by_name = {"instances": [{"x": 1.5, "city": "Bern"}, {"x": -2, "city": "Chur"}]}
    in_order = {"instances": [[1.5, "Bern"], {"features": [-2, "Chur"]}]}
    for body in (by_name, in_order):
        assert served.invoke(json.dumps(body), "application/json", "text/csv") == plain


def test_a_prediction_is_a_score_or_a_label_with_probabilities(served: ServedModel) -> None:
    frame = served.model[0]
    predictions = json.loads(served.invoke("2.5,Bern\n-2.5,Chur\n"))["predictions"]
    if frame.problem_type == "multiclass_classification":
        assert [each["predicted_label"] for each in predictions] == ["c", "a"]
        for each in predictions:
            assert sum(each["probabilities"].values()) == pytest.approx(1, abs=1e-6)
    else:
        assert predictions[0]["score"] > predictions[1]["score"]
    if frame.problem_type == "binary_classification":
        assert all(0 <= each["score"] <= 1 for each in predictions)


def test_rows_with_missing_and_unseen_values_have_predictions(served: ServedModel) -> None:
    predictions = json.loads(served.invoke(",Bern\n1,Atlantis\nnot a number,\n"))["predictions"]
    assert len(predictions) == 3
    assert served.invoke(",Bern\n", accept="text/csv") == served.invoke(
        "NaN,Bern\n", accept="text/csv"
    )


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ("1,Bern,3\n", "text/csv", "row 0 has 3 cells, expected 2"),
        ('{"rows": []}', "application/json", "instances"),
        ("1", "image/png", "image/png"),
    ],
)
def test_an_unsupported_request_fails_with_the_supported_format(
    served: ServedModel, body: str, kind: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        served.invoke(body, kind)


def test_a_request_without_rows_has_a_response_without_predictions(served: ServedModel) -> None:
    assert json.loads(served.invoke('{"instances": []}', "application/json")) == {"predictions": []}


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


def test_a_csv_row_with_a_quoted_line_break_is_one_row() -> None:
    sys.path.insert(0, str(FAMILIES["sklearn"].files()["tabular_payload.py"].parent))
    try:
        payload = importlib.import_module("tabular_payload")
        text = io.StringIO('1,"two\nlines"\n')
        assert payload.parse(text.getvalue(), "text/csv") == [["1", "two\nlines"]]
    finally:
        sys.path.pop(0)
