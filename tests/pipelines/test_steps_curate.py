import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from driftloop.capture import RecordBatch
from driftloop.contract.pipeline_reports import CuratedRows, CurationReport
from driftloop.profile import fit_baseline
from driftloop.schema import Feature, Kind, ProblemType, Schema

PERIOD = {
    "data_from": "2026-03-01T00:00:00Z",
    "data_to": "2026-03-01T04:00:00Z",
}


def _table(workbench: Any, name: str) -> pd.DataFrame:
    return pd.read_csv(
        workbench.run / "curate/processing/output" / name, keep_default_na=False, na_values=[""]
    )


def _retrain(workbench: Any, **more: str) -> CurationReport:
    curation: CurationReport = workbench.curate(champion_version="1", **{**PERIOD, **more})
    return curation


def test_the_same_inputs_give_the_same_files_byte_for_byte(workbench: Any, make_rows: Any) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    outputs = []
    for _ in range(2):
        _retrain(workbench)
        folder = workbench.run / "curate/processing/output"
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        outputs.append({str(path.relative_to(folder)): path.read_bytes() for path in files})
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) == 9


def test_the_newest_rows_are_held_out(workbench: Any, make_rows: Any) -> None:
    tables = [make_rows(50, seed=hour) for hour in range(4)]
    for hour, table in enumerate(tables):
        workbench.serve(hour, table)
    curation = _retrain(workbench)
    assert curation.rows == CuratedRows(train=150, holdout=50, golden=75)
    pd.testing.assert_frame_equal(_table(workbench, "holdout/holdout.csv"), tables[3])


def test_the_times_of_all_rows_are_written_in_the_order_of_the_rows(
    workbench: Any, make_rows: Any
) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    _retrain(workbench)
    times = _table(workbench, "train/times.csv")["__time__"]
    # each hour has five requests of ten rows, one per second from minute five
    first = pd.Timestamp("2026-03-01T00:05:00Z").timestamp()
    expected = [first + 3600 * hour + number for hour in range(4) for number in range(5)]
    assert times.tolist() == [time for time in expected for _ in range(10)]


def test_a_request_that_was_captured_twice_counts_once(workbench: Any, make_rows: Any) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    [key] = [
        item["Key"]
        for item in workbench.s3.list_objects_v2(Bucket="capture")["Contents"]
        if "/01/02/" in item["Key"]
    ]
    copy = workbench.s3.get_object(Bucket="capture", Key=key)["Body"].read()
    workbench.put("capture", key.replace("-a.jsonl", "-b.jsonl"), copy)
    curation = _retrain(workbench)
    assert curation.rows.train + curation.rows.holdout == 200
    assert curation.dropped["captured_twice"] == 50


def test_the_last_label_of_a_request_wins(workbench: Any, make_rows: Any) -> None:
    tables = [make_rows(50, seed=hour) for hour in range(4)]
    for hour, table in enumerate(tables):
        workbench.serve(hour, table)
    workbench.serve(3, tables[3], labels=(1 - tables[3]["label"]).tolist())
    workbench.put("ground-truth", "toy/2026/03/01/05/late.jsonl", _labels("v1-h3-0", [1] * 10))
    curation = _retrain(workbench)
    labels = _table(workbench, "holdout/holdout.csv")["label"].tolist()
    assert labels == [1] * 10 + (1 - tables[3]["label"]).tolist()[10:]
    assert curation.labels is not None
    assert curation.labels.replaced == 1


def test_a_label_file_may_be_gzip_whatever_its_name(workbench: Any, make_rows: Any) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    late = gzip.compress(_labels("v1-h3-0", [1] * 10).encode())
    workbench.put("ground-truth", "toy/2026/03/01/05/late.jsonl", late)
    curation = _retrain(workbench)
    assert curation.labels is not None
    assert (curation.labels.replaced, curation.labels.unreadable) == (1, 0)


def test_records_without_a_label_are_dropped_and_counted(workbench: Any, make_rows: Any) -> None:
    for hour in range(6):
        workbench.serve(hour, make_rows(50, seed=hour))
    for item in workbench.s3.list_objects_v2(Bucket="ground-truth")["Contents"]:
        if "/01/02/" in item["Key"]:  # the labels of hour 1
            workbench.s3.delete_object(Bucket="ground-truth", Key=item["Key"])
    curation = _retrain(workbench)
    # hours 4 and 5 are outside the period, so they are not read
    assert curation.rows.train + curation.rows.holdout == 150
    assert curation.dropped["no_label"] == 50


def test_a_request_with_fewer_labels_than_rows_has_no_labels(
    workbench: Any, make_rows: Any
) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    workbench.put("ground-truth", "toy/2026/03/01/05/few.jsonl", _labels("v1-h0-0", [1] * 9))
    curation = _retrain(workbench)
    assert curation.dropped["label_row_count"] == 10
    assert curation.rows.train + curation.rows.holdout == 190


def test_rows_of_excluded_windows_are_dropped(workbench: Any, make_rows: Any) -> None:
    tables = [make_rows(50, seed=hour) for hour in range(4)]
    for hour, table in enumerate(tables):
        workbench.serve(hour, table)
    excluded = "2026-03-01T01:00:00Z/2026-03-01T03:00:00Z"
    curation = _retrain(workbench, excluded_windows=excluded)
    assert curation.dropped["excluded_window"] == 100
    kept = pd.concat([_table(workbench, f"{n}/{n}.csv") for n in ("train", "holdout")])
    expected = pd.concat([tables[0], tables[3]])
    assert sorted(kept["x"]) == sorted(expected["x"])


def test_every_version_that_served_in_the_period_is_read(workbench: Any, make_rows: Any) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour), version=1 if hour < 2 else 12)
    curation = _retrain(workbench)
    assert curation.captured is not None
    assert curation.captured.objects == 4
    assert curation.rows.train + curation.rows.holdout == 200


def test_unreadable_captured_lines_are_rejected_without_loss_of_other_lines(
    workbench: Any, make_rows: Any
) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    path = "toy/v1/driftloop-main-toy/AllTraffic/2026/03/01/02/07-00-000-x.jsonl"
    workbench.put("capture", path, b'{"captureData": \n\x00\xff\n')
    workbench.put("ground-truth", "toy/2026/03/01/02/bad.jsonl", b"not json\n")
    curation = _retrain(workbench)
    assert curation.rows.train + curation.rows.holdout == 200
    assert curation.captured is not None
    assert curation.labels is not None
    assert sum(curation.captured.lines_rejected.values()) == 2
    assert curation.labels.unreadable == 1


def test_the_golden_set_never_changes_after_its_creation(workbench: Any, make_rows: Any) -> None:
    workbench.curate()
    first = (workbench.run / "curate/processing/output/golden/golden.csv").read_bytes()
    make_rows(800, seed=99).to_csv(workbench.folder / "toy.csv", index=False)
    workbench.curate()
    second = (workbench.run / "curate/processing/output/golden/golden.csv").read_bytes()
    stored = workbench.s3.get_object(Bucket="artifacts", Key="golden/toy/golden.csv")
    assert first == second == stored["Body"].read()


def test_golden_rows_are_neither_training_rows_nor_holdout_rows(
    workbench: Any, make_rows: Any
) -> None:
    workbench.curate()
    golden = _table(workbench, "golden/golden.csv")
    for hour in range(4):  # the golden rows are captured as traffic
        workbench.serve(hour, pd.concat([make_rows(40, seed=100 + hour), golden.iloc[:10]]))
    curation = _retrain(workbench)
    kept = pd.concat([_table(workbench, f"{n}/{n}.csv") for n in ("train", "holdout")])
    assert not set(kept["x"]) & set(golden["x"])
    assert curation.dropped["in_golden_set"] == 40


def test_a_golden_set_of_an_earlier_schema_fails_with_the_action_to_take(workbench: Any) -> None:
    workbench.put("artifacts", "golden/toy/golden.csv", "x,label\n1,0\n")
    with pytest.raises(
        SystemExit, match="has no column z, city: it was created with an earlier schema"
    ):
        workbench.curate()


def test_concurrent_executions_use_the_same_golden_set(workbench: Any) -> None:
    from pipelines.steps.s3 import put_if_absent

    assert put_if_absent(workbench.s3, "artifacts", "golden/a.csv", b"first") == b"first"
    assert put_if_absent(workbench.s3, "artifacts", "golden/a.csv", b"second") == b"first"


def test_included_training_data_is_added_to_the_training_rows_only(
    workbench: Any, make_rows: Any
) -> None:
    retraining = workbench.model.retraining.model_copy(update={"include_training_data": True})
    workbench.model = workbench.model.model_copy(update={"retraining": retraining})
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    curation = _retrain(workbench)
    assert curation.rows == CuratedRows(train=1425 + 150, holdout=50, golden=75)


def test_the_holdout_of_an_initial_training_is_the_newest_rows_by_the_time_column(
    workbench: Any, make_rows: Any
) -> None:
    workbench.model = workbench.model.model_copy(update={"time_column": "at"})
    table = make_rows(400, seed=5)
    times = pd.date_range("2026-01-01", periods=400, freq="min", tz="UTC")
    table.assign(at=times.astype(str))[::-1].to_csv(workbench.folder / "toy.csv", index=False)
    curation = workbench.curate()
    holdout = _table(workbench, "holdout/holdout.csv")
    assert set(holdout["x"]) <= set(table["x"][280:])
    assert curation.training_data_range.startswith("2026-01-01T00:0")


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    table.to_parquet(path.with_suffix(".pq"))


def _write_gzip(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path.with_suffix(".csv.gz"), index=False)


def _write_excel_csv(table: pd.DataFrame, path: Path) -> None:
    """With a byte order mark, blanks after the commas, line ends of Windows, and no extension."""
    text = table.to_csv(index=False, lineterminator="\r\n").replace(",", ", ")
    path.write_bytes(text.encode("utf-8-sig"))


@pytest.mark.parametrize("write", [_write_parquet, _write_gzip, _write_excel_csv])
def test_curate_reads_what_the_command_baseline_reads(
    workbench: Any, make_rows: Any, tmp_path: Path, write: Any
) -> None:
    from driftloop.cli.baseline import make_baseline
    from pipelines.steps.tables import read_training_data

    schema: Schema = workbench.model.schema_
    table = make_rows(200, seed=8)
    plain, other = tmp_path / "plain", tmp_path / "other"
    for folder in (plain, other):
        folder.mkdir()
    table.to_csv(plain / "t.csv", index=False)
    write(table, other / "t")
    expected = read_training_data(plain, schema, None).table
    pd.testing.assert_frame_equal(read_training_data(other, schema, None).table, expected)
    config = tmp_path / "driftloop.yaml"
    config.write_text(
        json.dumps({"models": {"toy": json.loads(workbench.model.model_dump_json(by_alias=True))}})
    )
    baselines = []
    for [file] in (list(plain.iterdir()), list(other.iterdir())):
        out = tmp_path / "out.baseline"
        make_baseline(str(config), "toy", str(file), str(out), None)
        baselines.append(out.read_bytes())
    assert baselines[0] == baselines[1]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"x,x,z,city,label\n1,1,2,a,0\n", "several columns are named 'x'"),
        ("t.parquet", b"x,z,city,label\n", "t.parquet: this is not a Parquet file"),
        ("t.csv", b"PAR1garbage", "t.csv: this Parquet file can't be read"),
        ("t.csv.gz", b"\x1f\x8bgarbage", "t.csv.gz: this gzip file is damaged"),
        ("t.csv", "x,z,citt\xe9,label".encode("latin-1"), "neither Parquet nor CSV in UTF-8"),
        ("t.csv", b"", "t.csv: this CSV file can't be read"),
    ],
)
def test_training_data_that_can_not_be_read_is_a_sentence_with_its_name(
    workbench: Any, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    from driftloop.errors import InputError
    from pipelines.steps.tables import read_training_data

    folder = tmp_path / "data"
    folder.mkdir()
    (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_training_data(folder, workbench.model.schema_, None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x,z,label\n1,2,0\n", r"toy.csv: missing columns: city. Found: x, z, label"),
        ("x,z,city,label\n1,2,a,0\n", "two classes are required|training rows and"),
        ("x,z,city,label\n", "0 training rows and 0 holdout rows from training_data"),
    ],
)
def test_unusable_data_tos_the_execution_with_one_message(
    workbench: Any, content: str, message: str
) -> None:
    (workbench.folder / "toy.csv").write_text(content)
    with pytest.raises(SystemExit, match=message) as stopped:
        workbench.curate()
    written = (workbench.run / "curate" / "output" / "message").read_text()
    assert written == str(stopped.value)


def test_a_feature_that_can_not_be_read_stops_curate_with_an_example(
    workbench: Any, make_rows: Any
) -> None:
    make_rows(300, seed=1).assign(x="1,234.50").to_csv(workbench.folder / "toy.csv", index=False)
    with pytest.raises(SystemExit, match=r"column 'x': 100% of the values .* such as '1,234.50'"):
        workbench.curate()


def test_what_an_owner_must_know_of_training_data_is_in_the_log_of_curate(
    workbench: Any, make_rows: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    table = make_rows(300, seed=1).astype({"x": object})
    table.loc[0, "x"], table.loc[:149, "city"] = "inf", "NA"
    table.to_csv(workbench.folder / "toy.csv", index=False)
    workbench.curate()
    printed = capsys.readouterr().out
    assert "training_data: column 'x': 1 value of the 300 rows is infinite" in printed
    assert "training_data: column 'city': 'NA' in 50% of the 300 rows is read as" in printed


@pytest.mark.parametrize("name", ["None", "NA", "null", "N/A"])
def test_a_class_with_the_name_of_a_missing_value_is_a_class(
    workbench: Any, make_rows: Any, name: str
) -> None:
    workbench.model = workbench.model.model_copy(
        update={"problem_type": ProblemType.MULTICLASS_CLASSIFICATION}
    )
    table = make_rows(300, seed=1).assign(label=[name, "major", "minor"] * 100)
    table.loc[290:, "label"] = None
    table.to_csv(workbench.folder / "toy.csv", index=False)
    curation = workbench.curate()
    assert curation.dropped["no_label"] == 10
    rows = pd.concat(
        [_table(workbench, f"{part}/{part}.csv") for part in ("train", "holdout", "golden")]
    )
    assert len(rows) == 290
    assert {*rows["label"]} == {name, "major", "minor"}


def test_a_binary_target_with_three_classes_fails_with_its_classes(
    workbench: Any, make_rows: Any
) -> None:
    table = make_rows(200, seed=1)
    table.loc[:50, "label"] = 2
    table.to_csv(workbench.folder / "toy.csv", index=False)
    with pytest.raises(
        SystemExit, match="target label: exactly two classes are required, found: 0, 1, 2"
    ):
        workbench.curate()


def test_too_few_labeled_records_fail_with_the_number_required(
    workbench: Any, make_rows: Any
) -> None:
    workbench.serve(0, make_rows(20, seed=0))
    with pytest.raises(SystemExit, match=r"holdout rows from captured requests: at least 20"):
        _retrain(workbench)


@pytest.mark.parametrize(
    "more", [{"excluded_windows": "yesterday"}, {"data_from": "soon"}, {"data_from": "none"}]
)
def test_invalid_times_in_parameters_fail_with_the_parameter(
    workbench: Any, more: dict[str, str]
) -> None:
    with pytest.raises(
        SystemExit, match=r"ExcludedWindows 'yesterday'|TrainingDataStart '(soon|none)'"
    ):
        _retrain(workbench, **more)


def test_the_champions_archive_is_copied_for_the_jobs_without_a_network(
    workbench: Any, make_rows: Any
) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    workbench.put("artifacts", "runs/toy/a/model.tar.gz", b"archive")
    _retrain(workbench, champion_model_data="s3://artifacts/runs/toy/a/model.tar.gz")
    folder = workbench.run / "curate/processing/output/champion"
    assert (folder / "model.tar.gz").read_bytes() == b"archive"
    assert json.loads((folder / "champion.json").read_text()) == {"version": "1"}


def test_a_champion_without_an_archive_fails_with_its_uri(workbench: Any, make_rows: Any) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    with pytest.raises(SystemExit, match="model s3://artifacts/gone does not exist"):
        _retrain(workbench, champion_model_data="s3://artifacts/gone")


def _labels(event_id: str, labels: list[int]) -> str:
    data = "\n".join(map(str, labels))
    return json.dumps(
        {
            "groundTruthData": {"data": data, "encoding": "CSV"},
            "eventMetadata": {"eventId": event_id},
            "eventVersion": "0",
        }
    )


def test_an_object_that_was_started_in_the_hour_before_the_period_is_read(
    workbench: Any, make_rows: Any
) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    [key] = [
        item["Key"]
        for item in workbench.s3.list_objects_v2(Bucket="capture")["Contents"]
        if "/01/00/" in item["Key"]
    ]
    content = workbench.s3.get_object(Bucket="capture", Key=key)["Body"].read()
    workbench.s3.delete_object(Bucket="capture", Key=key)
    workbench.put("capture", key.replace("2026/03/01/00/05", "2026/02/28/23/59"), content)
    curation = _retrain(workbench)
    assert curation.rows.train + curation.rows.holdout == 200


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "other"}, "is of the model other, not of toy"),
        (
            {"range": {"start": "2026-02-01T00:00:00Z", "end": "2026-03-01T04:00:00Z"}},
            "is of the training range 2026-02-01T00:00:00Z to 2026-03-01T04:00:00Z, not 2026-03-01",
        ),
        ({"versions": "all"}, "is not a file of the gate"),
    ],
)
def test_training_sources_of_another_execution_fail_with_the_difference(
    workbench: Any, changes: dict[str, Any], message: str
) -> None:
    uri = workbench.write_sources(PERIOD["data_from"], PERIOD["data_to"], **changes)
    with pytest.raises(SystemExit, match=message):
        _retrain(workbench, training_sources=uri)


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("none", "only the gate records which versions served. Start a retraining"),
        ("s3://artifacts/gone.json", "s3://artifacts/gone.json can't be read: it was deleted"),
    ],
)
def test_captured_requests_are_not_read_without_training_sources(
    workbench: Any, uri: str, message: str
) -> None:
    with pytest.raises(SystemExit, match=message):
        _retrain(workbench, training_sources=uri)


def test_the_report_names_ignored_objects_and_versions_that_were_rolled_back(
    workbench: Any, make_rows: Any
) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=9), version=2)
        workbench.serve(hour, make_rows(50, seed=hour))
    uri = workbench.write_sources(*PERIOD.values(), rolled_back_versions=[2])
    curation = _retrain(workbench, training_sources=uri)
    assert curation.captured is not None
    assert curation.captured.objects == 4
    assert curation.captured.ignored_objects == {"toy/v2/driftloop-main-toy/AllTraffic/": 4}
    assert curation.captured.rolled_back_versions == (2,)


def test_ignored_columns_are_in_requests_and_not_in_the_training_rows(
    workbench: Any, make_rows: Any
) -> None:
    features = {"id": Kind.IGNORE, **workbench.model.features}
    workbench.model = workbench.model.model_copy(update={"features": features})
    for hour in range(4):
        rows = make_rows(50, seed=hour)
        workbench.serve(hour, rows, columns=["id", "x", "z", "city"])
    curation = _retrain(workbench)
    assert curation.captured is not None
    assert curation.captured.lines_rejected == {}
    assert curation.rows.train + curation.rows.holdout == 200
    table = _table(workbench, "train/train.csv")
    assert [*table.columns] == ["x", "z", "city", "label"]
    assert set(table["city"]) <= set(make_rows(500, seed=1)["city"])
    folder = workbench.run / "curate/processing/output/train"
    schema = json.loads((folder / "schema.json").read_text())
    assert [*schema["features"]] == ["x", "z", "city"]
    assert schema["request_columns"] == ["id", "x", "z", "city"]


@pytest.mark.parametrize(("hours", "name"), [((0, 1, 2), "150 training"), ((3,), "50 holdout")])
def test_rows_of_one_class_fail_with_the_class(
    workbench: Any, make_rows: Any, hours: tuple[int, ...], name: str
) -> None:
    for hour in range(4):
        table = make_rows(50, seed=hour)
        workbench.serve(hour, table, labels=[1] * 50 if hour in hours else None)
    with pytest.raises(SystemExit, match=rf"target label: all {name} rows have the class '1'"):
        _retrain(workbench)


def _put_baseline(workbench: Any, key: str, *features: str) -> str:
    schema = Schema(
        tuple(Feature(name, Kind.NUMERIC) for name in features),
        "label",
        ProblemType.BINARY_CLASSIFICATION,
    )
    batch = RecordBatch.from_columns(schema, {name: ["1", "2"] for name in features})
    workbench.s3.put_object(Bucket="artifacts", Key=key, Body=fit_baseline(batch).to_bytes())
    return f"s3://artifacts/{key}"


def test_the_champions_own_columns_are_written_for_the_evaluation(
    workbench: Any, make_rows: Any
) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    champion = _put_baseline(workbench, "old", "city", "removed", "x")
    uri = workbench.write_sources(*PERIOD.values(), champion_baseline_uri=champion)
    _retrain(workbench, training_sources=uri)
    folder = workbench.run / "curate/processing/output/champion"
    assert json.loads((folder / "champion.json").read_text()) == {
        "version": "1",
        "columns": ["city", "removed", "x"],
        "removed_features": ["removed"],
    }


def test_a_champion_without_a_usable_baseline_is_evaluated_with_the_columns_of_the_settings(
    workbench: Any, make_rows: Any
) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    uri = workbench.write_sources(*PERIOD.values(), champion_baseline_uri="s3://artifacts/gone")
    _retrain(workbench, training_sources=uri)
    folder = workbench.run / "curate/processing/output/champion"
    assert json.loads((folder / "champion.json").read_text()) == {"version": "1"}
