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
PROBLEMS = {
    "binary_classification": ["no", "yes"],
    # no training row is of the last class
    "multiclass_classification": ["a", "b", "c", "unseen"],
    "regression": [],
}


class Served:
    """A trained model by the functions that SageMaker's images call."""

    def __init__(self, code: Any, model: Any) -> None:
        self.code, self.model = code, model

    def ask(self, body: str | bytes, kind: str = "text/csv", accept: str | None = None) -> str:
        data = self.code.input_fn(body, kind)
        answer: str = self.code.output_fn(self.code.predict_fn(data, self.model), accept)
        return answer


def _training_rows(problem: str) -> pd.DataFrame:
    draw = np.random.default_rng(4)
    table = pd.DataFrame({"x": draw.normal(size=400), "city": draw.choice(["Bern", "Chur"], 400)})
    table.loc[:20, "x"] = np.nan
    classes = PROBLEMS[problem]
    target = table["x"].fillna(0) + draw.normal(0, 0.3, 400)
    if classes:
        there = classes[:3]
        target = pd.qcut(target, len(there), labels=there).astype(str)
    return table.assign(target=target)


@pytest.fixture(params=[(family, problem) for family in FAMILIES for problem in PROBLEMS])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    family, problem = request.param
    package, data, model = (tmp_path / name for name in ("package", "data", "model"))
    for folder in (package, data, model):
        folder.mkdir()
    for name, path in family_files(family).items():
        (package / name).write_bytes(path.read_bytes())
    _training_rows(problem).to_csv(data / "train.csv", index=False)
    schema = {
        "features": {"x": "numeric", "city": "categorical"},
        "target": "target",
        "problem_type": problem,
        "classes": PROBLEMS[problem],
    }
    (data / "schema.json").write_text(json.dumps(schema))
    flat = [name.removesuffix(".py") for name in family_files(family)]
    chosen = {**get_family(family).hyperparameters, **SMALL[family]}
    words = [f"--{name}={value}" for name, value in chosen.items()]
    before = list(sys.path), list(sys.argv)
    try:
        sys.argv = ["train.py", f"--train={data}", f"--model-dir={model}", *words]
        sys.path.insert(0, str(package))
        importlib.import_module("train").main()
        for name in flat:
            sys.modules.pop(name, None)
        sys.path[0] = str(model / "code")
        code = importlib.import_module("inference")
        yield Served(code, code.model_fn(str(model)))
    finally:
        sys.path[:], sys.argv[:] = before
        for name in flat:
            sys.modules.pop(name, None)


def test_a_row_is_answered_the_same_in_csv_with_a_header_and_in_json(served: Served) -> None:
    plain = served.ask("1.5,Bern\n-2,Chur\n", accept="text/csv")
    assert len(plain.splitlines()) == 2
    assert served.ask("city,x\nBern,1.5\nChur,-2\n", accept="text/csv") == plain
    assert served.ask(b"1.5,Bern\n-2,Chur\n", "text/csv; charset=utf-8", "text/csv") == plain
    by_name = {"instances": [{"x": 1.5, "city": "Bern"}, {"x": -2, "city": "Chur"}]}
    in_order = {"instances": [[1.5, "Bern"], {"features": [-2, "Chur"]}]}
    for body in (by_name, in_order):
        assert served.ask(json.dumps(body), "application/json", "text/csv") == plain


def test_answers_are_a_score_or_a_label_with_probabilities(served: Served) -> None:
    frame = served.model[0]
    answers = json.loads(served.ask("2.5,Bern\n-2.5,Chur\n"))["predictions"]
    if frame.problem == "multiclass_classification":
        assert [each["predicted_label"] for each in answers] == ["c", "a"]
        for each in answers:
            assert sum(each["probabilities"].values()) == pytest.approx(1, abs=1e-6)
    else:
        assert answers[0]["score"] > answers[1]["score"]
    if frame.problem == "binary_classification":
        assert all(0 <= each["score"] <= 1 for each in answers)


def test_missing_and_unseen_values_are_answered(served: Served) -> None:
    answers = json.loads(served.ask(",Bern\n1,Atlantis\nnot a number,\n"))["predictions"]
    assert len(answers) == 3
    assert served.ask(",Bern\n", accept="text/csv") == served.ask("NaN,Bern\n", accept="text/csv")


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ("1,Bern,3\n", "text/csv", "row 0 has 3 cells, expected 2"),
        ('{"rows": []}', "application/json", "instances"),
        ("1", "image/png", "image/png"),
    ],
)
def test_a_request_that_is_not_understood_says_what_would_be(
    served: Served, body: str, kind: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        served.ask(body, kind)


def test_no_rows_are_answered_with_none(served: Served) -> None:
    assert json.loads(served.ask('{"instances": []}', "application/json")) == {"predictions": []}


def test_archives_are_the_same_bytes_every_time(tmp_path: Path) -> None:
    for write, files in ((write_zip, steps_files()), (write_tar_gz, family_files("sklearn"))):
        first, second = (write(files, tmp_path / name).read_bytes() for name in "ab")
        assert first == second


def test_the_steps_archive_has_neither_the_command_line_nor_the_configuration() -> None:
    names = set(steps_files())
    assert "__main__.py" in names
    assert "pipelines/steps/curate.py" in names
    assert not [name for name in names if name.startswith(("driftloop/cli", "driftloop/config"))]


def test_everything_that_a_step_imports_is_in_its_archive(tmp_path: Path) -> None:
    import subprocess

    archive = write_zip(steps_files(), tmp_path / "steps.zip")
    for step in ("curate", "evaluate", "baseline"):
        ran = subprocess.run(
            [sys.executable, str(archive), step, "--help"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert "--settings" in ran.stdout


def test_an_archive_run_without_a_step_names_the_steps(tmp_path: Path) -> None:
    import subprocess

    archive = write_zip(steps_files(), tmp_path / "steps.zip")
    ran = subprocess.run(
        [sys.executable, str(archive)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert ran.stderr == "say which step to run: curate, evaluate, baseline\n"


def test_a_csv_row_with_a_line_break_in_quotes_is_one_row() -> None:
    sys.path.insert(0, str(FAMILIES["sklearn"].files()["tabular_payload.py"].parent))
    try:
        payload = importlib.import_module("tabular_payload")
        text = io.StringIO('1,"two\nlines"\n')
        assert payload.parse(text.getvalue(), "text/csv") == [["1", "two\nlines"]]
    finally:
        sys.path.pop(0)
