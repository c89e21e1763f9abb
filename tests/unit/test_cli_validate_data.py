"""``driftloop validate`` looks at the training data, and ``baseline`` says the same of it."""

import io
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from driftloop.cli.baseline import make_baseline
from driftloop.cli.config_file import validate
from driftloop.errors import ConfigError, DriftloopError
from driftloop.storage import open_seekable

ROWS = 400
FEATURES = {"age": "numeric", "city": "categorical", "since": "date"}


def training(**columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "at": pd.date_range("2026-01-01", periods=ROWS, freq="h", tz="UTC").astype(str),
            "age": rng.normal(40, 10, ROWS).round(2),
            "city": rng.choice(["Bern", "Chur"], ROWS),
            "since": pd.date_range("2020-01-01", periods=ROWS).astype(str),
            "label": rng.integers(0, 2, ROWS),
            **columns,
        }
    )


class Project:
    """A folder with driftloop.yaml and training data."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.config = folder, str(folder / "driftloop.yaml")

    def write(self, table: pd.DataFrame, **settings: Any) -> None:
        table.to_csv(self.folder / "training.csv", index=False)
        self.configure(**settings)

    def configure(self, **settings: Any) -> None:
        model = {
            "problem_type": "binary_classification",
            "features": FEATURES,
            "target": "label",
            "time_column": "at",
            "family": "sklearn",
            "training_data": "training.csv",
            **settings,
        }
        Path(self.config).write_text(json.dumps({"models": {"m": model}}), encoding="utf-8")

    def problems(self) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            validate(self.config)
        return [str(problem) for problem in caught.value.problems]

    def warnings(self) -> list[str]:
        lines = validate(self.config)
        return [line for line in lines if line.startswith("warning: models.m.")]

    def baseline(self, prediction: str | None = None) -> list[str]:
        data, out = str(self.folder / "training.csv"), str(self.folder / "baseline")
        return make_baseline(self.config, "m", data, out, prediction)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_good_training_data_has_no_warning(project: Project) -> None:
    project.write(training())
    assert project.warnings() == []


@pytest.mark.parametrize(
    ("settings", "setting", "text"),
    [
        ({"features": {"years": "numeric"}}, "features.years", "there is no column 'years'"),
        ({"features": {"Age": "numeric"}}, "features.Age", "'age' differs in upper and lower"),
        ({"features": {"sinec": "date"}}, "features.sinec", "did you mean 'since'?"),
        ({"target": "labels"}, "target", "there is no column 'labels'"),
        ({"time_column": "time"}, "time_column", "There are: at, age, city, since, label"),
        ({"time_column": "city"}, "time_column", "row 1: 'Chur' is not a time"),
        ({"features": {"city": "numeric"}}, "features.city", "100% of the values in the 400 rows"),
        ({"features": {"since": "numeric"}}, "features.since", "give the feature the kind date"),
        ({"features": {"city": "date"}}, "features.city", "no dates, such as 'Chur'"),
        (
            {"target": "city", "features": {"age": "numeric"}, "problem_type": "regression"},
            "target",
            "100% of the labels in the 400 rows are no finite numbers, such as 'Chur'",
        ),
        ({"target": "age", "features": {"city": "categorical"}}, "target", "exactly two classes"),
    ],
)
def test_a_setting_that_the_data_contradicts_is_an_error_with_the_column(
    project: Project, settings: dict[str, Any], setting: str, text: str
) -> None:
    project.write(training(), **settings)
    (problem,) = project.problems()
    assert problem.startswith(f"models.m.{setting}: training.csv: ")
    assert text in problem


def test_all_contradictions_are_reported_at_once_with_those_of_other_settings(
    project: Project,
) -> None:
    project.write(
        training(),
        features={**FEATURES, "size": "numeric"},
        target="outcome",
        initial_model="absent.tar.gz",
        initial_baseline="absent.baseline",
    )
    assert [problem.split(":")[0] for problem in project.problems()] == [
        "models.m.initial_model",
        "models.m.initial_baseline",
        "models.m.features.size",
        "models.m.target",
    ]


UNREADABLE = [
    ("age", [f"1,{i % 900 + 100}.50" for i in range(ROWS)], "no numbers, such as '1,100.50'"),
    ("age", ["12 kg"] * ROWS, "no numbers, such as '12 kg'"),
    ("age", [10.5] * 150 + ["?"] * 250, "62% of the values in the 400 rows are no numbers"),
    ("since", ["14/02/2025"] * ROWS, "no dates, such as '14/02/2025'"),
    ("since", ["Feb 3, 2025"] * ROWS, "write dates as in 2026-01-31"),
]


@pytest.mark.parametrize(("column", "cells", "text"), UNREADABLE)
def test_a_column_that_can_not_be_read_is_refused_by_validate_and_baseline(
    project: Project, column: str, cells: list[object], text: str
) -> None:
    project.write(training(**{column: cells}))
    (problem,) = project.problems()
    assert text in problem
    with pytest.raises(DriftloopError) as caught:
        project.baseline()
    assert text in str(caught.value)
    assert f"column '{column}'" in str(caught.value)


NOTED = [
    ("age", [*range(390), *["n.a."] * 10], "2.5% of the values in the 400 rows are no numbers"),
    ("age", [*range(1, 399), "inf", "-Infinity"], "2 values of the 400 rows are infinite"),
    ("age", [*range(1, 399), "1e999", 5], "such as '1e999' in row 399"),
    ("age", [""] * ROWS, "column 'age' has no value in the 400 rows"),
    ("city", [None] * ROWS, "column 'city' has no value in the 400 rows"),
    ("since", ["NaN"] * ROWS, "column 'since' has no value in the 400 rows"),
    ("city", ["NA"] * 200 + ["EU"] * 200, "'NA' in 50% of the 400 rows is read as a missing value"),
    ("city", ["None", "null", "x", "y"] * 100, "'None', 'null' in 50% of the 400 rows"),
    ("age", [2**53 + 1, *range(399)], "beyond 2^53, such as 9007199254740993"),
    ("age", ["-9007199254740993", *range(399)], "beyond 2^53, such as -9007199254740993"),
    ("city", [f"{i}.{i}" for i in range(1, 401)], "all of them are numbers: if they are measured"),
    (
        "city",
        [unicodedata.normalize(form, "Zürich") for form in ("NFC", "NFD")] * 200,
        "stored in two Unicode forms",
    ),
]


@pytest.mark.parametrize(("column", "cells", "text"), NOTED)
def test_what_an_owner_must_know_is_a_warning_of_validate_and_a_note_of_baseline(
    project: Project, column: str, cells: list[object], text: str
) -> None:
    project.write(training(**{column: cells}))
    (warning,) = project.warnings()
    assert warning.startswith(f"warning: models.m.features.{column}: training.csv: ")
    assert text in warning
    assert any(line.startswith("note: ") and text in line for line in project.baseline())


@pytest.mark.parametrize("cells", [["NA", "EU"] * 200, ["nan", "x"] * 200])
def test_a_category_that_is_kept_is_no_warning(project: Project, cells: list[str]) -> None:
    project.write(training(city=cells), keep_na_texts=["city"])
    assert project.warnings() == []


@pytest.mark.parametrize("value", [2**53, -(2**53), 2**60, "1e300", 123456789012345])
def test_a_large_number_that_float64_has_is_no_warning(project: Project, value: object) -> None:
    project.write(training(age=[value, *range(399)]))
    assert project.warnings() == []


@pytest.mark.parametrize("name", ["score", "label"])
def test_predictions_that_are_no_numbers_are_refused(project: Project, name: str) -> None:
    project.write(training(score=["yes", "no"] * 200, label=["a", "b"] * 200))
    with pytest.raises(DriftloopError, match=f"column '{name}': 100% of the values"):
        project.baseline(prediction=name)


@pytest.mark.parametrize("cells", [[None] * ROWS, ["nan"] * ROWS])
def test_a_column_without_any_prediction_is_refused(project: Project, cells: list[object]) -> None:
    project.write(training(score=cells))
    with pytest.raises(DriftloopError, match="column 'score' has no value in the 400 rows: fill"):
        project.baseline(prediction="score")


LABELS = [
    ({}, [1] * ROWS, True, "exactly two classes are required, found: 1"),
    ({}, [0, 1, 2, 3] * 100, True, "exactly two classes are required, found: 0, 1, 2, 3"),
    ({}, [""] * ROWS, True, "target 'label' has no value in the 400 rows"),
    ({}, [1] * 350 + [0] * 50, True, "training rows have the class '1'"),
    ({}, [1, 0] * 100 + [0] * 200, True, "holdout rows have the class '0'"),
    (
        {"problem_type": "multiclass_classification"},
        ["a", "b"] * 195 + ["c"] * 10,
        False,
        "classes without a training row, which the model never predicts: 'c'",
    ),
    ({"time_column": None}, [1] * 399 + [0], False, "one row only has the class '0'"),
    (
        {"problem_type": "multiclass_classification"},
        ["None", "major", "minor", "x"] * 100,
        False,
        "'None' is a class, in 25% of the 400 rows",
    ),
    (
        {"problem_type": "multiclass_classification", "time_column": None},
        [f"{i}.5" for i in range(ROWS)],
        False,
        "the problem_type is regression",
    ),
    ({"problem_type": "regression"}, ["1,234.5"] * 100 + [7] * 300, True, "25% of the labels"),
    ({"problem_type": "regression"}, ["?"] * 2 + [7] * 398, False, "such as '?'. These rows are"),
    ({"problem_type": "regression"}, ["inf"] * 2 + [7] * 398, False, "such as 'inf'"),
]


@pytest.mark.parametrize(("settings", "labels", "is_error", "text"), LABELS)
def test_labels_that_can_not_be_learned_are_named(
    project: Project, settings: dict[str, Any], labels: list[object], is_error: bool, text: str
) -> None:
    project.write(training(label=labels), **settings)
    found = project.problems() if is_error else project.warnings()
    assert any("models.m.target: training.csv: " in one and text in one for one in found)


def test_few_rows_are_a_warning_whatever_their_classes(project: Project) -> None:
    project.write(training(label=1)[:60])
    assert any("60 rows have a label" in warning for warning in project.warnings())


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (["2026-01-31T08:00:00"] * ROWS, "time_zone is Europe/Zurich"),
        (["2026-01-31"] * ROWS, "times without a zone are taken as UTC"),
        ([*["2026-01-31T08:00:00Z"] * 300, *[None] * 100], "25% of the 400 rows have no time"),
        (
            [2020 + n % 5 for n in range(ROWS)],
            "its numbers, such as 2020, are all of one year around",
        ),
        ([46_000 + n / 24 for n in range(ROWS)], "since they count seconds from then"),
    ],
)
def test_times_that_may_be_misread_are_a_warning(
    project: Project, cells: list[object], text: str
) -> None:
    project.write(training(at=cells), time_zone="Europe/Zurich")
    assert any("time_column" in one and text in one for one in project.warnings())


@pytest.mark.parametrize("factor", [1, 1000])
def test_times_that_are_numbers_are_no_warning(project: Project, factor: int) -> None:
    project.write(training(at=[(1_767_225_600 + n * 3600) * factor for n in range(ROWS)]))
    assert project.warnings() == []


@pytest.mark.parametrize("zone", ["Z", "+01:00", "-0500"])
def test_times_with_a_zone_are_no_warning(project: Project, zone: str) -> None:
    times = pd.date_range("2026-01-01", periods=ROWS, freq="h").strftime("%Y-%m-%dT%H:%M:%S")
    project.write(training(at=[time + zone for time in times]), time_zone="Europe/Zurich")
    assert project.warnings() == []


def test_a_column_without_any_time_is_an_error(project: Project) -> None:
    project.write(training(at=[None] * ROWS))
    (problem,) = project.problems()
    assert "column 'at' has no time" in problem


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "this CSV file can't be read"),
        (b"\x89PNG\r\n\x1a\n\xff\xd8", "this is neither Parquet nor CSV in UTF-8"),
        (b"at,age,city,since,label\n", "it has no rows"),
        (b"PAR1 damaged", "this Parquet file can't be read"),
        (b"\x1f\x8b damaged", "this gzip file is damaged"),
        (b"age,age\n1,2\n", "several columns are named 'age'"),
        (b"at;age;city\n1;2;3\n", "separate cells by commas, not by ';'"),
        (b"at\tage\tcity\n1\t2\t3\n", "the header is one name"),
    ],
)
def test_a_file_that_can_not_be_read_is_an_error(
    project: Project, content: bytes, text: str
) -> None:
    project.write(training())
    (project.folder / "training.csv").write_bytes(content)
    (problem,) = project.problems()
    assert problem.startswith("models.m.training_data: ")
    assert text in problem


def test_lists_and_bytes_in_parquet_are_an_error(project: Project) -> None:
    table = pa.Table.from_pandas(training()).set_column(1, "age", [[[1.0]] * ROWS])
    project.configure(training_data="t.parquet")
    pq.write_table(table, project.folder / "t.parquet")
    (problem,) = project.problems()
    assert "column 'age' holds values of the type list" in problem


def test_names_in_two_unicode_forms_are_the_same_column(project: Project) -> None:
    nfc, nfd = (unicodedata.normalize(form, "größe") for form in ("NFC", "NFD"))
    project.write(training().rename(columns={"age": nfd}), features={nfc: "numeric"})
    assert project.warnings() == []
    assert len(project.baseline()) > 1


# ------------------------------------------------------------------ S3


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        import boto3

        client = boto3.client("s3")
        client.create_bucket(Bucket="bucket")
        yield client


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_training_data_on_s3_is_looked_at_too(s3: Any, project: Project, name: str) -> None:
    body = io.BytesIO()
    table = training(age=["?"] * ROWS)
    if name.endswith("parquet"):
        table.to_parquet(body)
    else:
        table.to_csv(body, index=False)
    s3.put_object(Bucket="bucket", Key=name, Body=body.getvalue())
    project.configure(training_data=f"s3://bucket/{name}")
    (problem,) = project.problems()
    assert "column 'age': 100% of the values in the 400 rows are no numbers" in problem


def test_an_object_that_does_not_exist_is_an_error(s3: Any, project: Project) -> None:
    for uri in ("s3://bucket/absent.csv", "s3://absent-bucket/t.csv"):
        project.configure(training_data=uri)
        (problem,) = project.problems()
        assert problem == f"models.m.training_data: {uri}: there is no such object"


def test_without_credentials_training_data_on_s3_is_a_warning(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    project.configure(training_data="s3://bucket/t.csv")
    (warning,) = project.warnings()
    assert warning.endswith("training_data was not looked at: there are no AWS credentials")


def test_only_the_bytes_that_are_read_are_requested(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytes(range(256)) * 8_000
    s3.put_object(Bucket="bucket", Key="large", Body=data)
    with open_seekable("s3://bucket/large") as stream:
        assert stream.seek(-4, io.SEEK_END) == len(data) - 4
        assert stream.read() == data[-4:]
        assert stream.seek(1_000) == 1_000
        assert stream.read(5) == data[1_000:1_005]
        assert stream.read(300_000) == data[1_005:301_005]
        assert stream.seek(10, io.SEEK_CUR) == 301_015
        assert stream.read(1) == data[301_015:301_016]
