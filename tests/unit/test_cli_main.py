"""The command line from outside: exit status, what it prints, what it writes."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from moto import mock_aws

from driftloop.cli.main import main
from driftloop.report import WindowReport
from driftloop.window import Window

CONFIG = """
models:
  churn:
    problem_type: binary_classification
    features: {age: numeric, city: categorical}
    target: label
    family: sklearn
    training_data: training.csv
  other:
    problem_type: regression
    features: {size: numeric}
    target: price
    family: sklearn
    training_data: other.csv
    serving: {initial_instance_count: 1}
"""


class Bench:
    """A folder with a configuration, training data and captures; runs commands in-process."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capsys = capsys
        self.config = str(root / "driftloop.yaml")
        self.baseline = str(root / "baseline")
        self.capture = root / "capture"
        Path(self.config).write_text(CONFIG)
        self.training().to_csv(root / "training.csv", index=False)
        other = {"size": range(100), "price": range(100)}
        pd.DataFrame(other).to_csv(root / "other.csv", index=False)

    def training(self) -> pd.DataFrame:
        rng = np.random.default_rng(1)
        ages, cities = rng.normal(40, 10, 2000).round(2), rng.choice(["a", "b"], 2000)
        return pd.DataFrame({"age": ages, "city": cities, "label": rng.integers(0, 2, 2000)})

    def run(self, *arguments: str) -> tuple[int, str, str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["driftloop", *arguments])
            with pytest.raises(SystemExit) as stopped:
                main()
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err
        return int(stopped.value.code or 0), out, err

    def fit(self, data: str | None = None, out: str | None = None) -> tuple[int, str, str]:
        data = data or str(self.root / "training.csv")
        options = ["--config", self.config, "--model", "churn", "--data", data]
        return self.run("baseline", *options, "--out", out or self.baseline)

    def analyze(self, *more: str, **changes: str) -> tuple[int, str, str]:
        options = {
            "config": self.config,
            "model": "churn",
            "baseline": self.baseline,
            "capture": str(self.capture),
            "out": str(self.root / "report.json"),
            **changes,
        }
        pairs = [part for name, value in options.items() for part in (f"--{name}", value)]
        return self.run("analyze", *pairs, *more)

    @property
    def report(self) -> WindowReport:
        return WindowReport.from_json((self.root / "report.json").read_bytes())

    def serve(self, name: str, *, shift: float = 0.0, hour: int = 0, count: int = 400) -> bytes:
        rng = np.random.default_rng(hour)
        rows = zip(rng.normal(40 + shift, 10, count), rng.choice(["a", "b"], count), strict=True)
        data = b"".join(
            captured(f"{age:.2f},{city}", f"{hour}-{i}", hour) for i, (age, city) in enumerate(rows)
        )
        path = self.capture / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return data


def captured(row: str, event: str, hour: int) -> bytes:
    sides = {
        "endpointInput": {"observedContentType": "text/csv", "data": row, "encoding": "CSV"},
        "endpointOutput": {"observedContentType": "text/csv", "data": "0.5", "encoding": "CSV"},
    }
    metadata = {"eventId": event, "inferenceTime": f"2026-04-18T{hour:02}:21:48Z"}
    record = {"captureData": sides, "eventMetadata": metadata, "eventVersion": "0"}
    return json.dumps(record).encode() + b"\n"


@pytest.fixture
def bench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bench:
    return Bench(tmp_path, capsys)


@pytest.fixture
def fitted(bench: Bench) -> Bench:
    assert bench.fit()[0] == 0
    return bench


def test_a_valid_configuration_is_confirmed_with_warnings(bench: Bench) -> None:
    status, out, err = bench.run("validate", bench.config)
    assert (status, err) == (0, "")
    assert "valid, 2 models" in out
    assert "warning: models.other.serving.initial_instance_count is 1" in out


def test_the_quotas_of_a_configuration_are_printed_and_a_region_that_lacks_something_is_named(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "CDK_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    _, out, _ = bench.run("validate", bench.config)
    # 2 + 1 instances at first and 4 + 4 at most, twice while a release runs
    assert "  quota ml.m5.large for endpoint usage: at least 6, up to 16 at once" in out
    assert "  quota ml.m5.large for training job usage: at least 1, up to 2 at once" in out
    assert "region" not in out
    _, out, _ = bench.run("validate", bench.config, "--region", "cn-north-1")
    assert "warning: region cn-north-1: SageMaker's model registry may be missing there" in out
    assert "AWS::SageMaker::ModelPackageGroup" not in out  # no template has a ModelPackageGroup
    _, out, _ = bench.run("validate", bench.config, "--region", "me-central-1")
    assert "warning: region me-central-1: CloudFormation had no AWS::SageMaker::Endpoint" in out
    assert "model registry" not in out
    monkeypatch.setenv("AWS_REGION", "mx-central-1")
    _, out, _ = bench.run("validate", bench.config)
    assert "warning: region mx-central-1: SageMaker's SDK had no images" in out


def test_a_missing_training_file_is_an_error_of_the_configuration(bench: Bench) -> None:
    (bench.root / "training.csv").unlink()
    (bench.root / "other.csv").unlink()
    status, _, err = bench.run("validate", bench.config)
    assert status == 2
    assert "models.churn.training_data: there is no file" in err
    assert "models.other.training_data: there is no file" in err


def test_hyperparameters_that_the_family_does_not_have_are_errors_of_the_configuration(
    bench: Bench,
) -> None:
    config = yaml.safe_load(Path(bench.config).read_text())
    for model in config["models"].values():
        model["training"] = {"hyperparameters": {"max_itre": 9, "seed": "any"}}
    Path(bench.config).write_text(yaml.safe_dump(config))
    status, _, err = bench.run("validate", bench.config)
    assert status == 2
    path = "models.churn.training.hyperparameters"
    assert f"{path}.max_itre: is not a hyperparameter of sklearn" in err
    assert f"{path}.seed: must be a whole number; the default is 7 (found 'any')" in err


def test_the_schema_of_the_configuration_is_json_that_describes_it(bench: Bench) -> None:
    status, out, _ = bench.run("schema")
    assert status == 0
    assert "models" in json.loads(out)["properties"]


def test_the_package_is_a_command_too() -> None:
    command = [sys.executable, "-m", "driftloop", "--version"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("driftloop ")


@pytest.mark.parametrize("argument", ["version", "--version"])
def test_the_version_is_printed(bench: Bench, argument: str) -> None:
    assert bench.run(argument) == (0, "driftloop 0.1.0\n", "")


def test_the_error_of_a_uri_on_s3_without_boto3_is_one_line_with_the_package_to_install(
    fitted: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    expected = (
        'driftloop: boto3 is needed for s3:// and is not installed: pip install "driftloop[aws]"\n'
    )
    for change in ({"capture": "s3://bucket/x"}, {"config": "s3://bucket/driftloop.yaml"}):
        assert fitted.analyze(**change) == (2, "", expected)


def test_csv_gzip_and_parquet_of_the_same_rows_give_the_same_baseline(bench: Bench) -> None:
    frame = bench.training()
    frame.to_parquet(bench.root / "training.parquet")
    frame.to_csv(bench.root / "training.csv.gz", index=False)
    for name in ("training.csv", "training.parquet", "training.csv.gz"):
        assert bench.fit(str(bench.root / name), str(bench.root / f"{name}.b"))[0] == 0
    stored = {path.read_bytes() for path in bench.root.glob("*.b")}
    assert len(stored) == 1


def test_a_baseline_without_predictions_has_a_note(bench: Bench) -> None:
    assert "no predictions, so drift of predictions is not detected" in bench.fit()[1]


def timed(bench: Bench, times: list[str]) -> tuple[int, str, str]:
    bench.training()[: len(times)].assign(when=times).to_csv(bench.root / "timed.csv", index=False)
    named = CONFIG.replace("target: label", "target: label\n    time_column: when", 1)
    Path(bench.config).write_text(named)
    return bench.fit(str(bench.root / "timed.csv"))


def test_a_baseline_names_its_excluded_features(bench: Bench) -> None:
    numbered = bench.training().assign(age=range(2000))
    numbered.to_csv(bench.root / "training.csv", index=False)
    out = bench.fit()[1]
    assert "note: Excluded from drift detection: age: its values are distinct whole numbers" in out
    bench.serve("x.jsonl")
    assert bench.analyze()[0] == 0
    assert bench.report["age"].status == "excluded"
    Path(bench.config).write_text(
        CONFIG.replace(
            "target: label", "target: label\n    monitoring: {include_features: [age]}", 1
        )
    )
    assert "Excluded from drift detection" not in bench.fit()[1]


def test_a_time_column_orders_training_rows_that_were_shuffled(bench: Bench) -> None:
    days = pd.date_range("2026-01-01", periods=2000, freq="h").strftime("%Y-%m-%dT%H:%M:%SZ")
    stamps = np.sort(np.random.default_rng(1).uniform(0, 1e6, 2000))
    rows = bench.training().assign(age=stamps, when=days).sample(frac=1, random_state=1)
    rows.to_csv(bench.root / "training.csv", index=False)
    assert "Excluded from drift detection" not in bench.fit()[1]
    named = CONFIG.replace("target: label", "target: label\n    time_column: when", 1)
    Path(bench.config).write_text(named)
    assert "Excluded from drift detection: age" in bench.fit()[1]


def test_a_missing_time_column_is_reported(bench: Bench) -> None:
    timed(bench, ["2026-01-31"])
    status, _, err = bench.fit()
    assert status == 2
    assert "no column 'when' which time_column names. There are: age, city, label" in err


def test_an_unreadable_time_of_a_training_row_is_reported_with_its_value(bench: Bench) -> None:
    status, _, err = timed(bench, ["2026-01-31", "soon"])
    assert (status, "timed.csv: row 2: 'soon' is not a time" in err) == (2, True)


def test_captures_without_drift_are_stable_in_any_folders(fitted: Bench) -> None:
    fitted.serve("endpoint/AllTraffic/2026/04/18/00/21-48-000-x.jsonl")
    fitted.serve("deep/er/no-suffix", hour=1)
    fitted.serve("packed.jsonl.gz", hour=2)
    status, out, _ = fitted.analyze()
    assert status == 0
    assert out.startswith("churn: stable (2026-04-18T00:21:48Z to 2026-04-18T02:21:49Z)")
    report = fitted.report
    assert report.verdict == "stable"
    assert report.window == Window.from_dict(
        {"start": "2026-04-18T00:21:48Z", "end": "2026-04-18T02:21:49Z"}
    )
    assert (report.counts.lines_read, report.counts.lines_used) == (1200, 1200)
    assert report["age"].records == 1200


def test_shifted_captures_are_drifted_and_still_a_success(fitted: Bench) -> None:
    fitted.serve("x.jsonl", shift=8)
    html = fitted.root / "pages" / "report.html"
    status, out, _ = fitted.analyze("--html", str(html))
    assert status == 0
    assert "churn: drifted" in out
    assert fitted.report["age"].drifted
    assert not fitted.report["city"].drifted
    assert "<html" in html.read_text()


def test_times_bound_the_window(fitted: Bench) -> None:
    for hour in range(3):
        fitted.serve(f"{hour}.jsonl", hour=hour)
    times = ("--start", "2026-04-18T01:00:00Z", "--end", "2026-04-18T04:00:00+02:00")
    assert fitted.analyze(*times)[0] == 0
    report = fitted.report
    assert report.counts.lines_used == 400
    assert report.counts.lines_skipped == {"outside_window": 800}
    assert report.window == Window.from_dict(
        {"start": "2026-04-18T01:00:00Z", "end": "2026-04-18T02:00:00Z"}
    )


def test_the_same_analysis_twice_gives_the_same_bytes(fitted: Bench) -> None:
    fitted.serve("a.jsonl", shift=3)
    fitted.serve("b.jsonl", hour=1)
    written = []
    for _ in range(2):
        assert fitted.analyze()[0] == 0
        written.append((fitted.root / "report.json").read_bytes())
    assert written[0] == written[1]


def test_unreadable_lines_are_counted_and_the_others_are_analyzed(fitted: Bench) -> None:
    data = fitted.serve("good.jsonl")
    (fitted.capture / "cut.jsonl").write_bytes(data[:-20])
    (fitted.capture / "binary.bin").write_bytes(b"\xff\xfe\x00\n\x1f\x8b")
    (fitted.capture / "empty.jsonl").touch()
    (fitted.capture / ".DS_Store").write_bytes(b"\0\0\0")
    status, out, _ = fitted.analyze()
    assert status == 0
    records = fitted.report.counts
    assert records.lines_rejected == {"not_utf8": 2, "truncated": 1}
    assert records.lines_read == 400 + 400 + 2
    assert fitted.report.verdict == "stable"
    assert "rejected 2: not_utf8" in out


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_the_first_unreadable_line_is_printed_with_the_settings_that_read_it(
    fitted: Bench, name: str
) -> None:
    data = fitted.serve(name, count=30)
    nested = r"{\"person\": {\"age\": 4711, \"city\": \"see http://a.example\u202e\"}}"
    line = data.splitlines()[0].replace(b'"data": "0.5"', b'"data": "0.7"')
    row = json.loads(line)["captureData"]["endpointInput"]["data"]
    line = line.replace(
        f'"{row}", "encoding": "CSV"'.encode(), f'"{nested}", "encoding": "JSON"'.encode(), 1
    )
    line = line.replace(b'"0-0"', b'"other"')
    changed = data + line + b"\n"
    file = fitted.capture / name
    file.write_bytes(gzip.compress(changed) if name.endswith(".gz") else changed)
    status, out, _ = fitted.analyze("--html", str(fitted.root / "page.html"))
    assert status == 0
    assert f"first rejected line (no_known_features): {name}, line 31" in out
    assert '{"person": {"age": 4711, "city": "see http[:]//a[.]example' in out
    assert "\u202e" not in out
    assert '      records_key: "person"\n' in out
    [item] = fitted.report.counts.first_unread
    assert (item.object, item.line) == (name, 31)
    assert item.shape == "{person: {age: number, city: text}}"
    for stored in ("report.json", "page.html"):
        text = (fitted.root / stored).read_text()
        assert "4711" not in text
        assert "{person: {age: number, city: text}}" in text


def test_responses_that_are_not_read_are_a_violation_and_no_invalid_data(fitted: Bench) -> None:
    data = fitted.serve("a.jsonl").replace(b'"data": "0.5"', b'"data": "a,b,c"')
    (fitted.capture / "a.jsonl").write_bytes(data)
    _, out, _ = fitted.analyze()
    counts, quality = fitted.report.counts, fitted.report.data_quality
    assert (counts.records, counts.responses_unreadable) == (400, {"ambiguous_prediction": 400})
    assert fitted.report.verdict == "stable"
    assert [(item.column, item.constraint) for item in quality.violations] == [
        ("prediction", "readable_responses")
    ]
    assert "without a prediction 400: ambiguous_prediction" in out
    assert "inference_response_keys: [the names of the 3 cells]" in out


@pytest.mark.parametrize("content", [None, b"", b"garbage\n" * 200])
def test_no_records_are_a_verdict_and_not_an_error(fitted: Bench, content: bytes | None) -> None:
    fitted.capture.mkdir()
    if content is not None:
        (fitted.capture / "x").write_bytes(content)
    status, _, _ = fitted.analyze("--html", str(fitted.root / "report.html"))
    assert status == 0
    assert fitted.report.verdict == ("invalid_data" if content else "insufficient_data")
    assert fitted.report.window is None


def test_text_in_numeric_training_cells_does_not_stop_a_baseline(bench: Bench) -> None:
    frame = bench.training().astype({"age": object})
    frame.loc[:5, "age"] = "unknown?"
    frame.to_csv(bench.root / "training.csv", index=False)
    bench.serve("x.jsonl")
    assert bench.fit()[0] == 0
    assert bench.analyze()[0] == 0


def with_a_shadow(bench: Bench) -> Bench:
    bench.serve("endpoint/AllTraffic/2026/04/18/00/a.jsonl")
    bench.serve("endpoint/shadow/2026/04/18/00/a.jsonl", shift=30)
    return bench


def test_captures_of_two_variants_are_an_error_that_names_them_and_the_option(
    fitted: Bench,
) -> None:
    status, out, err = with_a_shadow(fitted).analyze()
    assert (status, out) == (2, "")
    assert "2 variants (endpoint/AllTraffic, endpoint/shadow)" in err
    assert "--variant" in err
    assert not (fitted.root / "report.json").exists()


@pytest.mark.parametrize("name", ["AllTraffic", "endpoint/AllTraffic"])
def test_one_variant_of_two_is_analyzed_without_its_shadow(fitted: Bench, name: str) -> None:
    assert with_a_shadow(fitted).analyze("--variant", name)[0] == 0
    assert (fitted.report.verdict, fitted.report.counts.lines_used) == ("stable", 400)


def test_a_shadow_variant_can_be_analyzed_from_its_endpoints_folder(fitted: Bench) -> None:
    folder = str(with_a_shadow(fitted).capture / "endpoint")
    assert "2 variants (AllTraffic, shadow)" in fitted.analyze(capture=folder)[2]
    assert fitted.analyze("--variant", "shadow", capture=folder)[0] == 0
    assert (fitted.report.verdict, fitted.report.counts.lines_used) == ("drifted", 400)


def test_a_variant_of_two_endpoints_needs_the_endpoints_name_too(fitted: Bench) -> None:
    with_a_shadow(fitted).serve("other/AllTraffic/2026/04/18/00/a.jsonl", hour=1)
    status, _, err = fitted.analyze("--variant", "AllTraffic")
    assert (status, "(endpoint/AllTraffic, other/AllTraffic)" in err) == (2, True)


def test_an_unknown_variant_is_an_error_that_names_the_known_ones(fitted: Bench) -> None:
    status, _, err = with_a_shadow(fitted).analyze("--variant", "AllTrafic")
    assert (status, "there are endpoint/AllTraffic, endpoint/shadow" in err) == (2, True)


def test_a_variant_of_files_outside_of_variant_folders_is_an_error(fitted: Bench) -> None:
    fitted.serve("x.jsonl")
    status, _, err = fitted.analyze("--variant", "AllTraffic")
    assert (status, "lie in no variant's folder" in err) == (2, True)


def test_the_same_file_under_two_names_counts_once(fitted: Bench) -> None:
    fitted.serve("a/x.jsonl")
    fitted.serve("b/copy.jsonl")
    fitted.serve("c/other.jsonl", hour=1)
    status, out, _ = fitted.analyze()
    assert (status, fitted.report.counts.lines_used) == (0, 800)
    assert "1 file repeats the content of another file and is skipped: b/copy.jsonl." in out


def test_empty_files_are_not_duplicates(fitted: Bench) -> None:
    for name in ("a", "b"):
        fitted.serve(name, count=0)
    assert fitted.analyze()[0] == 0
    assert not any("skipped" in note for note in fitted.report.notes)


WRONG_BASELINE = [
    (["--config", "absent.yaml"], "absent.yaml: there is no such file"),
    (["--config", "{root}"], "this is a folder"),
    (["--model", "chrn"], "has no model 'chrn'. Did you mean 'churn'?"),
    (["--model", "other"], "columns missing: size. There are: age, city, label"),
    (["--data", "absent.csv"], "absent.csv: there is no such file"),
    (["--data", "{root}/empty.csv"], "empty.csv: this CSV file can't be read"),
    (["--data", "{root}/header.csv"], "there are no rows"),
    (["--data", "{root}/text.parquet"], "text.parquet: this is not a Parquet file"),
    (["--data", "{root}/cut.parquet"], "cut.parquet: this Parquet file can't be read"),
    (["--data", "{root}/binary.csv"], "binary.csv: this is neither Parquet nor CSV"),
    (["--data", "{root}/cut.csv.gz"], "this gzip file is damaged"),
    (["--prediction", "score"], "there is no column 'score'"),
    (["--out", "{root}"], "this is a folder"),
    (["--out", "{root}/empty.csv/b"], "empty.csv is a file, so nothing can be written below"),
    (["--out", "{root}/empty.csv/b/c"], "empty.csv is a file, so nothing can be written below"),
    (["--data", "{root}/twice.csv"], "twice.csv: several columns are named 'age'"),
]


@pytest.mark.parametrize(("change", "message"), WRONG_BASELINE)
def test_bad_input_of_a_baseline_is_one_message_and_status_2(
    bench: Bench, change: list[str], message: str
) -> None:
    (bench.root / "empty.csv").touch()
    (bench.root / "header.csv").write_text("age,city\n")
    (bench.root / "twice.csv").write_text("age,city, age\n1,a,2\n")
    (bench.root / "text.parquet").write_text("age,city\n1,a\n")
    (bench.root / "cut.parquet").write_bytes(b"PAR1xxxx")
    (bench.root / "binary.csv").write_bytes(b"\xff\xfe\x00,\x80\n")
    (bench.root / "cut.csv.gz").write_bytes(gzip.compress(b"age,city\n1,a\n")[:-9])
    options = {
        "--config": bench.config,
        "--model": "churn",
        "--data": str(bench.root / "training.csv"),
        "--out": bench.baseline,
        change[0]: change[1].format(root=bench.root),
    }
    status, out, err = bench.run("baseline", *(part for pair in options.items() for part in pair))
    assert (status, out) == (2, "")
    assert message in err
    assert err.startswith("driftloop: ")
    assert not Path(bench.baseline).exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"baseline": "absent"}, "absent: there is no such file"),
        ({"baseline": "{root}/training.csv"}, "training.csv: "),
        ({"baseline": "{root}/cut"}, "cut: "),
        ({"capture": "absent"}, "absent: there is no such folder"),
        ({"start": "yesterday"}, "--start: 'yesterday' is no time"),
        ({"start": "2026-04-18T00:00:00"}, "write it with Z"),
        (
            {"start": "2026-04-19T00:00:00Z", "end": "2026-04-18T00:00:00Z"},
            "--end 2026-04-18T00:00:00Z must come after --start 2026-04-19T00:00:00Z",
        ),
        ({"model": "other"}, "other features than driftloop.yaml names"),
        ({"capture": "s3://"}, "s3://bucket/key"),
    ],
)
def test_bad_input_of_an_analysis_is_one_message_and_status_2(
    fitted: Bench, change: dict[str, str], message: str
) -> None:
    fitted.serve("x.jsonl")
    (fitted.root / "cut").write_bytes(Path(fitted.baseline).read_bytes()[:-20])
    changes = {name: value.format(root=fitted.root) for name, value in change.items()}
    status, out, err = fitted.analyze(**changes)
    assert (status, out) == (2, "")
    assert message in err
    assert not (fitted.root / "report.json").exists()


def test_every_error_of_a_configuration_reaches_the_terminal(bench: Bench) -> None:
    Path(bench.config).write_text(CONFIG.replace("numeric", "number").replace("target", "targt"))
    status, _, err = bench.run("validate", bench.config)
    assert status == 2
    assert "6 problems" in err
    assert "did you mean 'target'?" in err


@pytest.mark.parametrize("arguments", [["frobnicate"], ["analyze"], ["validate"], ["--no-such"]])
def test_an_unknown_command_or_option_has_status_2(bench: Bench, arguments: list[str]) -> None:
    assert bench.run(*arguments)[0] == 2


def test_files_on_s3_work_like_local_ones(fitted: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted.serve("a/x.jsonl", shift=8)
    fitted.serve("b/y.jsonl.gz", shift=8, hour=1)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        import boto3

        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="bucket")
        for path in [Path(fitted.config), Path(fitted.baseline), *fitted.capture.rglob("*")]:
            if path.is_file():
                s3.upload_file(str(path), "bucket", str(path.relative_to(fitted.root)))
        uris = {name: f"s3://bucket/{name}" for name in ("baseline", "capture")}
        out = "s3://bucket/out/report.json"
        config = "s3://bucket/driftloop.yaml"
        assert fitted.analyze(config=config, out=out, **uris)[0] == 0
        written = s3.get_object(Bucket="bucket", Key="out/report.json")["Body"].read()
        assert fitted.analyze()[0] == 0
        assert written == (fitted.root / "report.json").read_bytes()
        status, _, err = fitted.analyze(baseline="s3://bucket/absent")
        assert (status, "s3://bucket/absent" in err) == (2, True)


def test_help_loads_no_library_that_only_commands_need() -> None:
    slow = {"pandas", "scipy", "boto3", "pydantic"}
    code = f"import sys, driftloop.cli.main; print(sorted({slow} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_removed_command_says_what_to_do_instead(bench: Bench) -> None:
    status, out, err = bench.run("accept-weeks", "--config", "driftloop.yaml")
    assert (status, out) == (2, "")
    assert err.startswith("driftloop: there is no accept-weeks any more: live days are accepted")
    assert "`driftloop accept`" in err
