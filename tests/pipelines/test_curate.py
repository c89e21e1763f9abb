import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

HOURS = {"data_from": "2026-03-01T00:00:00Z", "data_to": "2026-03-01T04:00:00Z"}


def _table(workbench: Any, name: str) -> pd.DataFrame:
    return pd.read_csv(workbench.run / "curate/processing/output" / name)


def _retrain(workbench: Any, **words: str) -> dict[str, Any]:
    account: dict[str, Any] = workbench.curate(champion_version="1", **{**HOURS, **words})
    return account


def test_the_same_inputs_give_the_same_files_byte_for_byte(workbench: Any, make_rows: Any) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    made = []
    for _ in range(2):
        _retrain(workbench)
        folder = workbench.run / "curate/processing/output"
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        made.append({str(path.relative_to(folder)): path.read_bytes() for path in files})
    assert made[0] == made[1]
    assert len(made[0]) == 8


def test_the_newest_rows_are_held_out(workbench: Any, make_rows: Any) -> None:
    tables = [make_rows(50, seed=hour) for hour in range(4)]
    for hour, table in enumerate(tables):
        workbench.serve(hour, table)
    account = _retrain(workbench)
    assert account["rows"] == {"train": 150, "holdout": 50, "golden": 75}
    pd.testing.assert_frame_equal(_table(workbench, "holdout/holdout.csv"), tables[3])


def test_the_times_of_all_rows_are_handed_on_in_their_order(workbench: Any, make_rows: Any) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    _retrain(workbench)
    times = _table(workbench, "train/times.csv")["__time__"]
    # an hour has five requests of ten rows, a second apart from five past on
    first = pd.Timestamp("2026-03-01T00:05:00Z").timestamp()
    expected = [first + 3600 * hour + number for hour in range(4) for number in range(5)]
    assert times.tolist() == [moment for moment in expected for _ in range(10)]


def test_a_request_that_was_captured_twice_counts_once(workbench: Any, make_rows: Any) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    [key] = [
        each["Key"]
        for each in workbench.s3.list_objects_v2(Bucket="capture")["Contents"]
        if "/01/02/" in each["Key"]
    ]
    again = workbench.s3.get_object(Bucket="capture", Key=key)["Body"].read()
    workbench.put("capture", key.replace("-a.jsonl", "-b.jsonl"), again)
    account = _retrain(workbench)
    assert account["rows"]["train"] + account["rows"]["holdout"] == 200
    assert account["dropped"]["captured_twice"] == 50


def test_the_last_label_of_a_request_wins(workbench: Any, make_rows: Any) -> None:
    tables = [make_rows(50, seed=hour) for hour in range(4)]
    for hour, table in enumerate(tables):
        workbench.serve(hour, table)
    workbench.serve(3, tables[3], labels=(1 - tables[3]["label"]).tolist())
    workbench.put("truth", "toy/2026/03/01/05/late.jsonl", _labels("v1-h3-0", [1] * 10))
    account = _retrain(workbench)
    held = _table(workbench, "holdout/holdout.csv")["label"].tolist()
    assert held == [1] * 10 + (1 - tables[3]["label"]).tolist()[10:]
    assert account["labels"]["replaced"] == 1


def test_records_without_a_final_label_are_left_out_and_counted(
    workbench: Any, make_rows: Any
) -> None:
    for hour in range(6):
        workbench.serve(hour, make_rows(50, seed=hour))
    for each in workbench.s3.list_objects_v2(Bucket="truth")["Contents"]:
        if "/01/02/" in each["Key"]:  # the labels of hour 1
            workbench.s3.delete_object(Bucket="truth", Key=each["Key"])
    account = _retrain(workbench)
    # hours 4 and 5 are younger than the label delay allows, and are not even read as records
    assert account["rows"]["train"] + account["rows"]["holdout"] == 150
    assert account["dropped"]["no_label"] == 50


def test_a_request_with_fewer_labels_than_rows_has_none(workbench: Any, make_rows: Any) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    workbench.put("truth", "toy/2026/03/01/05/few.jsonl", _labels("v1-h0-0", [1] * 9))
    account = _retrain(workbench)
    assert account["dropped"]["label_row_count"] == 10
    assert account["rows"]["train"] + account["rows"]["holdout"] == 190


def test_rows_of_excluded_windows_are_left_out(workbench: Any, make_rows: Any) -> None:
    tables = [make_rows(50, seed=hour) for hour in range(4)]
    for hour, table in enumerate(tables):
        workbench.serve(hour, table)
    broken = "2026-03-01T01:00:00Z/2026-03-01T03:00:00Z"
    account = _retrain(workbench, excluded_windows=broken)
    assert account["dropped"]["excluded_window"] == 100
    kept = pd.concat([_table(workbench, f"{n}/{n}.csv") for n in ("train", "holdout")])
    expected = pd.concat([tables[0], tables[3]])
    assert sorted(kept["x"]) == sorted(expected["x"])


def test_every_version_that_served_in_the_range_is_read(workbench: Any, make_rows: Any) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour), version=1 if hour < 2 else 12)
    account = _retrain(workbench)
    assert account["captured"]["objects"] == 4
    assert account["rows"]["train"] + account["rows"]["holdout"] == 200


def test_garbage_among_the_captured_lines_costs_those_lines_alone(
    workbench: Any, make_rows: Any
) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    path = "toy/v1/driftloop-main-toy/AllTraffic/2026/03/01/02/07-00-000-x.jsonl"
    workbench.put("capture", path, b'{"captureData": \n\x00\xff\n')
    workbench.put("truth", "toy/2026/03/01/02/bad.jsonl", b"not json\n")
    account = _retrain(workbench)
    assert account["rows"]["train"] + account["rows"]["holdout"] == 200
    assert sum(account["captured"]["rejected"].values()) == 2
    assert account["labels"]["unreadable"] == 1


def test_the_golden_set_stays_as_it_was_first_made(workbench: Any, make_rows: Any) -> None:
    workbench.curate()
    first = (workbench.run / "curate/processing/output/golden/golden.csv").read_bytes()
    make_rows(800, seed=99).to_csv(workbench.folder / "toy.csv", index=False)
    workbench.curate()
    second = (workbench.run / "curate/processing/output/golden/golden.csv").read_bytes()
    stored = workbench.s3.get_object(Bucket="artifacts", Key="golden/toy/golden.csv")
    assert first == second == stored["Body"].read()


def test_golden_rows_are_neither_trained_on_nor_held_out(workbench: Any, make_rows: Any) -> None:
    workbench.curate()
    golden = _table(workbench, "golden/golden.csv")
    for hour in range(4):  # the golden rows come back as traffic
        workbench.serve(hour, pd.concat([make_rows(40, seed=100 + hour), golden.iloc[:10]]))
    account = _retrain(workbench)
    kept = pd.concat([_table(workbench, f"{n}/{n}.csv") for n in ("train", "holdout")])
    assert not set(kept["x"]) & set(golden["x"])
    assert account["dropped"]["in_golden_set"] == 40


def test_a_golden_set_of_an_earlier_schema_is_refused_with_what_to_do(workbench: Any) -> None:
    workbench.put("artifacts", "golden/toy/golden.csv", "x,label\n1,0\n")
    with pytest.raises(SystemExit, match="has no column z, city: it is of an earlier schema"):
        workbench.curate()


def test_two_runs_at_once_agree_on_one_golden_set(workbench: Any) -> None:
    from pipelines.steps.s3 import put_once

    assert put_once(workbench.s3, "artifacts", "golden/a.csv", b"first") == b"first"
    assert put_once(workbench.s3, "artifacts", "golden/a.csv", b"second") == b"first"


def test_training_data_is_added_to_the_training_rows_only(workbench: Any, make_rows: Any) -> None:
    retraining = workbench.model.retraining.model_copy(update={"include_training_data": True})
    workbench.model = workbench.model.model_copy(update={"retraining": retraining})
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    account = _retrain(workbench)
    assert account["rows"] == {"train": 1425 + 150, "holdout": 50, "golden": 75}


def test_a_time_column_orders_a_first_runs_rows(workbench: Any, make_rows: Any) -> None:
    workbench.model = workbench.model.model_copy(update={"time_column": "at"})
    table = make_rows(400, seed=5)
    moments = pd.date_range("2026-01-01", periods=400, freq="min", tz="UTC")
    table.assign(at=moments.astype(str))[::-1].to_csv(workbench.folder / "toy.csv", index=False)
    account = workbench.curate()
    held = _table(workbench, "holdout/holdout.csv")
    assert set(held["x"]) <= set(table["x"][280:])
    assert account["data"].startswith("2026-01-01T00:0")


def test_parquet_training_data_is_the_same_rows_as_csv(workbench: Any, make_rows: Any) -> None:
    from driftloop.schema import Schema
    from pipelines.steps.tables import read_training_data

    schema: Schema = workbench.model.schema_
    made = []
    for suffix in ("csv", "parquet"):
        folder = Path(workbench.folder / suffix)
        folder.mkdir()
        table = make_rows(200, seed=8)
        if suffix == "csv":
            table.to_csv(folder / "t.csv", index=False)
        else:
            table.to_parquet(folder / "t.parquet")
        made.append(read_training_data(folder, schema, None))
    pd.testing.assert_frame_equal(*made)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x,z,label\n1,2,0\n", r"toy.csv: columns missing: city. There are: x, z, label"),
        ("x,z,city,label\n1,2,a,0\n", "two classes are needed|rows to train on"),
        ("x,z,city,label\n", "0 rows to train on and 0 held out of training_data"),
    ],
)
def test_training_data_that_is_no_use_ends_the_run_with_one_message(
    workbench: Any, content: str, message: str
) -> None:
    (workbench.folder / "toy.csv").write_text(content)
    with pytest.raises(SystemExit, match=message) as ended:
        workbench.curate()
    said = (workbench.run / "curate" / "output" / "message").read_text()
    assert said == str(ended.value)


def test_a_binary_target_of_three_classes_is_named(workbench: Any, make_rows: Any) -> None:
    table = make_rows(200, seed=1)
    table.loc[:50, "label"] = 2
    table.to_csv(workbench.folder / "toy.csv", index=False)
    with pytest.raises(SystemExit, match="target label: two classes are needed, there are 0, 1, 2"):
        workbench.curate()


def test_too_few_labelled_records_say_what_was_left_out(workbench: Any, make_rows: Any) -> None:
    workbench.serve(0, make_rows(20, seed=0))
    with pytest.raises(SystemExit, match=r"captured and labeled records: each needs 20"):
        _retrain(workbench)


@pytest.mark.parametrize("words", [{"excluded_windows": "yesterday"}, {"data_from": "soon"}])
def test_parameters_that_are_no_times_are_named(workbench: Any, words: dict[str, str]) -> None:
    with pytest.raises(SystemExit, match=r"ExcludedWindows 'yesterday'|DataFrom 'soon'"):
        _retrain(workbench, **words)


def test_the_champion_is_brought_along_for_the_jobs_without_a_network(
    workbench: Any, make_rows: Any
) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    workbench.put("artifacts", "runs/toy/a/model.tar.gz", b"archive")
    _retrain(workbench, champion_model_data="s3://artifacts/runs/toy/a/model.tar.gz")
    folder = workbench.run / "curate/processing/output/champion"
    assert (folder / "model.tar.gz").read_bytes() == b"archive"
    assert json.loads((folder / "champion.json").read_text()) == {"version": "1"}


def test_a_champion_whose_archive_is_gone_is_named(workbench: Any, make_rows: Any) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    with pytest.raises(SystemExit, match="model s3://artifacts/gone does not exist"):
        _retrain(workbench, champion_model_data="s3://artifacts/gone")


def _labels(event: str, labels: list[int]) -> str:
    data = "\n".join(map(str, labels))
    return json.dumps(
        {
            "groundTruthData": {"data": data, "encoding": "CSV"},
            "eventMetadata": {"eventId": event},
            "eventVersion": "0",
        }
    )


def test_an_hour_whose_file_was_begun_in_the_hour_before_is_read(
    workbench: Any, make_rows: Any
) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour))
    [key] = [
        each["Key"]
        for each in workbench.s3.list_objects_v2(Bucket="capture")["Contents"]
        if "/01/00/" in each["Key"]
    ]
    content = workbench.s3.get_object(Bucket="capture", Key=key)["Body"].read()
    workbench.s3.delete_object(Bucket="capture", Key=key)
    workbench.put("capture", key.replace("2026/03/01/00/05", "2026/02/28/23/59"), content)
    account = _retrain(workbench)
    assert account["rows"]["train"] + account["rows"]["holdout"] == 200
