"""Curate stops where too much of the data can't be used, and gives an account of what it drops."""

from typing import Any

import pandas as pd
import pytest

from driftloop.contract.pipeline_reports import CapturedVersion
from driftloop.errors import InputError
from driftloop.metadata_text import MAX_METADATA_LENGTH
from driftloop.schema import ProblemType
from pipelines.steps.omitted_records import OmittedRecords, describe_sources

PERIOD = {"data_from": "2026-03-01T00:00:00Z", "data_to": "2026-03-01T04:00:00Z"}
GARBAGE = "toy/v1/driftloop-main-toy/AllTraffic/2026/03/01/{}/07-00-000-x.jsonl"


class Settings:
    max_unusable_share = 0.1
    max_unlabeled_share = 0.5


def omitted(records: int, **dropped: int) -> OmittedRecords:
    return OmittedRecords("captured requests", records, dropped)


@pytest.mark.parametrize(
    "found",
    [
        omitted(0),
        omitted(100, unreadable_line=4, label_unusable=6),
        omitted(100, no_label=50),
        omitted(100, captured_twice=90),
        omitted(100, excluded_window=99),
        # half of the other 40 records
        omitted(100, excluded_window=60, no_label=20),
    ],
)
def test_shares_at_the_limit_are_accepted(found: OmittedRecords) -> None:
    found.check(Settings())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (
            omitted(100, unreadable_line=5, label_unusable=6),
            r"11\.0% of the records of captured requests are unusable, and"
            r" retraining\.max_unusable_share is 10\.0%: nothing is trained.*label_unusable 6;"
            r" unreadable_line 5",
        ),
        (omitted(100, captured_with_different_content=11), "are unusable"),
        (omitted(100, version_not_serving=11), "are unusable"),
        (omitted(100, label_row_count=11), "are unusable"),
        (omitted(100, reused_inference_id=11), "are unusable"),
        (
            omitted(100, no_label=51),
            r"51\.0% of the records of captured requests are without a label, and"
            r" retraining\.max_unlabeled_share is 50\.0%",
        ),
        (omitted(100, excluded_window=60, no_label=21), r"52\.5% of .* without a label"),
    ],
)
def test_shares_above_the_limit_stop_with_the_setting_and_the_account(
    found: OmittedRecords, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        found.check(Settings())  # type: ignore[arg-type]


def test_the_sentence_fits_into_the_metadata_of_a_model_package() -> None:
    versions = [
        CapturedVersion(1, 9, 90, added_features=("rain", "snow")),
        CapturedVersion(2, 1, 0, unusable_baseline="the baseline s3://a/b can't be used: gone"),
        CapturedVersion(3, 1, 10),
    ]
    details = describe_sources(versions, {"toy/v9/e/AllTraffic/": 3, "toy/x/e/v/": 4}, (4, 5))
    found = OmittedRecords(
        "captured requests", 1000, {"no_label": 200, "label_unusable": 5}, details
    )
    assert found.account == (
        "Of 1000 records of captured requests these are not used: no_label 200; label_unusable 5."
        " Periods that ended in a rollback are not used, of versions: 4, 5."
        " 7 objects of 2 other prefixes were ignored."
        " Version 1 has no values of rain, snow."
        " Version 2: the baseline s3://a/b can't be used: gone"
    )
    assert len(found.sentence) <= MAX_METADATA_LENGTH
    assert found.sentence.startswith(
        "Of 1000 records of captured requests these are not used: no_label 200 - label_unusable 5."
    )


def serve(workbench: Any, make_rows: Any, **more: Any) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(50, seed=hour), **more)


def test_unreadable_lines_above_the_share_stop_the_execution(
    workbench: Any, make_rows: Any
) -> None:
    serve(workbench, make_rows)
    workbench.put("capture", GARBAGE.format("02"), b"garbage\n" * 23)
    with pytest.raises(SystemExit, match=r"10\.3% of the records .* are unusable") as stopped:
        workbench.curate(champion_version="1", **PERIOD)
    written = (workbench.run / "curate" / "output" / "message").read_text()
    assert written == str(stopped.value)
    assert "unreadable_line 23" in written


@pytest.mark.parametrize(("end", "records"), [("02", 50), ("03", 100)])
def test_unreadable_lines_of_an_excluded_window_do_not_stop_the_execution(
    workbench: Any, make_rows: Any, end: str, records: int
) -> None:
    serve(workbench, make_rows)
    workbench.put("capture", GARBAGE.format("01"), b"garbage\n" * 200)
    excluded = f"2026-03-01T01:00:00Z/2026-03-01T{end}:00:00Z"
    curation = workbench.curate(champion_version="1", excluded_windows=excluded, **PERIOD)
    assert curation.dropped["excluded_window"] == records
    assert "unreadable_line" not in curation.dropped
    assert sum(curation.captured.lines_rejected.values()) == 200


def test_a_few_unreadable_lines_are_in_the_account(workbench: Any, make_rows: Any) -> None:
    serve(workbench, make_rows)
    workbench.put("capture", GARBAGE.format("02"), b"garbage\n" * 10)
    curation = workbench.curate(champion_version="1", **PERIOD)
    assert curation.dropped["unreadable_line"] == 10
    assert curation.omitted_data == (
        "Of 210 records of captured requests these are not used: unreadable_line 10"
    )


def test_records_without_a_label_above_the_share_stop_the_execution(
    workbench: Any, make_rows: Any
) -> None:
    retraining = workbench.model.retraining.model_copy(update={"max_unlabeled_share": 0.7})
    workbench.model = workbench.model.model_copy(update={"retraining": retraining})
    serve(workbench, make_rows)
    for hour in ("02", "03", "04"):
        key = f"toy/2026/03/01/{hour}/labels.jsonl"
        workbench.s3.delete_object(Bucket="ground-truth", Key=key)
    with pytest.raises(SystemExit, match=r"75\.0% of .* without a label, .* is 70\.0%"):
        workbench.curate(champion_version="1", **PERIOD)


def numbers_with_separators(make_rows: Any, count: int) -> pd.DataFrame:
    table: pd.DataFrame = make_rows(400, seed=3)
    table["label"] = ["1,234"] * count + ["567"] * (400 - count)
    return table


@pytest.mark.parametrize("workbench", ["sklearn regression"], indirect=True)
def test_training_data_with_many_unusable_labels_stops_with_the_target_and_an_example(
    workbench: Any, make_rows: Any
) -> None:
    assert workbench.model.problem_type is ProblemType.REGRESSION
    numbers_with_separators(make_rows, 41).to_csv(workbench.folder / "toy.csv", index=False)
    with pytest.raises(
        SystemExit, match=r"10\.2% of the records of training_data .*label_unusable 41.*'1,234'"
    ):
        workbench.curate()


@pytest.mark.parametrize("workbench", ["sklearn regression"], indirect=True)
def test_training_data_with_a_few_unusable_labels_is_used_with_their_count(
    workbench: Any, make_rows: Any
) -> None:
    table = numbers_with_separators(make_rows, 3)
    table.loc[399, "label"] = ""
    table.to_csv(workbench.folder / "toy.csv", index=False)
    curation = workbench.curate()
    golden = curation.dropped.pop("in_golden_set")
    assert curation.dropped == {"label_unusable": 3, "no_label": 1}
    assert curation.rows.train + curation.rows.holdout + golden == 396
