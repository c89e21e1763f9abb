"""One call compares two data frames, or a baseline and captured records."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import driftloop as dl
from driftloop.capture import RecordBatch
from driftloop.comparison.summary import NumericSummary
from driftloop.data_frames import with_content_ids
from driftloop.profile import fit_baseline, profile_batch
from driftloop.report import build_report
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window, parse_time

RANDOM = np.random.default_rng(7)


def frame(count: int = 600, *, shift: float = 0.0, start: str = "2026-03-02") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": RANDOM.normal(40 + shift, 10, count).round(1),
            "city": RANDOM.choice(["a", "b", "c"], count),
            "member": RANDOM.random(count) < 0.5,
            "score": RANDOM.random(count),
            "label": RANDOM.integers(0, 2, count),
            "when": pd.date_range(start, periods=count, freq="min"),
        }
    )


REFERENCE = frame()
DRIFTED = frame(shift=15, start="2026-03-10")
FRAMES = (REFERENCE, DRIFTED)
NAMES: dict[str, Any] = {"target": "label", "prediction": "score", "time_column": "when"}


def test_two_data_frames_give_a_verdict_with_the_features_that_drifted() -> None:
    report = dl.compare(REFERENCE, DRIFTED, **NAMES)
    assert report.verdict == "drifted"
    assert report.drifted_features == ("age",)
    assert [*report.features] == ["age", "city", "member"]
    assert report.prediction is not None
    assert not report.prediction_drifted
    assert report.counts.records == 600


def test_data_frames_without_drift_are_stable() -> None:
    assert dl.compare(REFERENCE, frame(), **NAMES).verdict == "stable"


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas])
def test_every_library_gives_the_same_report(convert: Any) -> None:
    expected = dl.compare(REFERENCE, DRIFTED, **NAMES)
    assert dl.compare(convert(REFERENCE), convert(DRIFTED), **NAMES) == expected
    assert dl.compare(REFERENCE, convert(DRIFTED), **NAMES) == expected


def test_the_report_is_the_one_of_the_core() -> None:
    schema = Schema(
        (
            Feature("age", Kind.NUMERIC),
            Feature("city", Kind.CATEGORICAL),
            Feature("member", Kind.CATEGORICAL),
        ),
        "label",
        ProblemType.REGRESSION,
    )
    reference, current = (
        RecordBatch.from_columns(schema, data, data["score"], data["when"])
        for data in (
            {str(name): values.to_numpy() for name, values in frame.items()} for frame in FRAMES
        )
    )
    baseline = fit_baseline(reference, count_hours=True)
    batch = with_content_ids(current)
    window = Window(parse_time("2026-03-10T00:00:00Z"), parse_time("2026-03-10T09:59:01Z"))
    expected = build_report(
        baseline,
        profile_batch(baseline, batch),
        window=window,
        policy=dl.DriftPolicy(),
        model="model",
    )
    report = dl.compare(REFERENCE, DRIFTED, **NAMES)
    assert report.to_json() == expected.to_json()


def test_without_a_time_column_the_report_has_no_window() -> None:
    columns = ["age", "city"]
    assert dl.compare(REFERENCE[columns], DRIFTED[columns]).window is None


def test_a_saved_baseline_gives_the_same_report_as_the_frame_it_was_fitted_on(
    tmp_path: Path,
) -> None:
    dl.Baseline.fit(REFERENCE, **NAMES).save(str(tmp_path / "b"))
    baseline = dl.Baseline.load(str(tmp_path / "b"))
    current: dict[str, Any] = {"prediction": "score", "time_column": "when"}
    assert dl.compare(baseline, DRIFTED, **current) == dl.compare(REFERENCE, DRIFTED, **NAMES)


def test_profiles_of_parts_add_up_to_the_report_of_the_whole() -> None:
    baseline = dl.Baseline.fit(REFERENCE, features=["age", "city"])
    parts = [dl.build_profile(baseline, DRIFTED[i::3]) for i in range(3)]
    report = dl.compare(baseline, parts[2] + parts[0] + parts[1])
    assert report == dl.compare(baseline, DRIFTED)
    assert report.counts.duplicate_share is not None
    assert report.counts.duplicate_share.share == 0


def test_a_data_frame_that_is_counted_twice_is_recognized_as_duplicates() -> None:
    baseline = dl.Baseline.fit(REFERENCE, features=["age", "city"])
    total = dl.build_profile(baseline, DRIFTED) + dl.build_profile(baseline, DRIFTED.copy())
    report = dl.compare(baseline, total)
    assert report.counts.duplicate_share is not None
    assert report.counts.duplicate_share.share == pytest.approx(0.5)


def test_named_features_are_compared_alone_and_with_their_kinds() -> None:
    report = dl.compare(REFERENCE, DRIFTED, features={"age": None, "label": "categorical"})
    assert {name: column.kind for name, column in report.features.items()} == {
        "age": Kind.NUMERIC,
        "label": Kind.CATEGORICAL,
    }


def test_the_kind_of_the_reference_holds_for_both_data_frames() -> None:
    reference = pd.DataFrame({"size": range(500)})
    current = pd.DataFrame({"size": [f" {value}" for value in range(499)] + ["large"]})
    column = dl.compare(reference, current)["size"]
    assert column.kind is Kind.NUMERIC
    assert isinstance(column.current, NumericSummary)
    assert column.current.invalid_type_share == pytest.approx(1 / 500)


def test_a_column_without_a_value_in_the_reference_has_the_kind_of_the_current_one() -> None:
    reference = REFERENCE[["age"]].assign(new=None)
    current = DRIFTED[["age"]].assign(new=1.5)
    assert dl.compare(reference, current)["new"].kind is Kind.NUMERIC
    assert dl.compare(current, reference)["new"].kind is Kind.NUMERIC
    assert dl.compare(reference, reference)["new"].kind is Kind.CATEGORICAL


def test_a_date_column_is_compared_by_parts_and_named_in_the_policy_as_a_whole() -> None:
    days = pd.date_range("2025-01-01", periods=600, freq="D")
    reference = pd.DataFrame({"day": RANDOM.choice(days, 600), "age": REFERENCE["age"]})
    report = dl.compare(reference, reference, policy=dl.DriftPolicy(exclude_features=["day"]))
    parts = [name for name in report.features if name.startswith("day")]
    assert "day (weekday)" in parts
    assert {report[name].status for name in parts} == {"excluded"}


def test_the_policy_decides_what_is_drift() -> None:
    policy = dl.DriftPolicy(min_effect_size=5, min_share_effect_size=3)
    report = dl.compare(REFERENCE[["age"]], DRIFTED[["age"]], policy=policy)
    assert (report.verdict, report["age"].status) == ("stable", "minor_change")


def test_earlier_reports_show_the_start_of_a_drift() -> None:
    earlier = dl.compare(REFERENCE, frame(shift=15, start="2026-03-09"), **NAMES)
    report = dl.compare(REFERENCE, DRIFTED, **NAMES, history=[earlier])
    assert report["age"].since == parse_time("2026-03-09T00:00:00Z")


WRONG: list[tuple[Any, Any, dict[str, Any], str]] = [
    (
        REFERENCE.assign(extra=1),
        DRIFTED.rename(columns={"age": "Age"}),
        {},
        "only reference has age, extra; only current has Age. Rename or drop",
    ),
    (REFERENCE[:0], DRIFTED, {}, "reference: the data frame has no rows"),
    (REFERENCE, DRIFTED[:0], {}, "current: the data frame has no rows"),
    (REFERENCE, DRIFTED.set_axis(["a"] * 6, axis=1), {}, "current: several columns are named 'a'"),
    (REFERENCE, DRIFTED.set_axis(range(6), axis=1), {}, "current: column names must be strings"),
    (REFERENCE, {"age": [1]}, {}, "current: a data frame is needed"),
    (REFERENCE, [1, 2], {}, "current: a data frame is needed"),
    (REFERENCE, DRIFTED, {"target": "lable"}, r"column lable is missing \(target\)"),
    (REFERENCE, DRIFTED, {"prediction": "p"}, r"column p is missing \(prediction\)"),
    (REFERENCE, DRIFTED, {"time_column": "t"}, r"column t is missing \(time_column\)"),
    (REFERENCE, DRIFTED, {"features": ["aeg"]}, r"column aeg is missing \(named in features=\)"),
    (REFERENCE, DRIFTED[["city"]], {"features": ["age"]}, r"current: column age is missing"),
    (REFERENCE, DRIFTED, {"features": []}, "names no feature"),
    (REFERENCE, DRIFTED, {"features": "age"}, "give a list of names"),
    (REFERENCE, DRIFTED, {"features": {"age": "number"}}, "must be one of numeric, categorical"),
    (REFERENCE, DRIFTED, {"target": "age", "features": ["age"]}, "'age' is the target and can't"),
    (REFERENCE, DRIFTED, {"target": "age", "prediction": "age"}, "name the same column 'age'"),
    (REFERENCE[["age"]], DRIFTED[["age"]], {"target": "age"}, "no column is left"),
    (
        REFERENCE,
        DRIFTED,
        {"policy": dl.DriftPolicy(exclude_features=["aeg"])},
        "policy: exclude_features names unknown features: aeg; there are age",
    ),
    (REFERENCE, DRIFTED, {"time_column": "city"}, "reference: row 1: '.' is not a time"),
    ("a.csv", "b.csv", {}, "reference: .* str was given; read the file first"),
    (Path("a.csv"), DRIFTED, {}, "PosixPath was given; read the file first"),
    (REFERENCE, np.zeros((2, 2)), {}, "ndarray was given; make a data frame of it first"),
    (REFERENCE["age"], DRIFTED, {}, r"pandas.Series was given; .* call its .to_frame\(\) first"),
    (REFERENCE, dl.Baseline.fit(REFERENCE), {}, "driftloop.Baseline was given; .* as reference"),
    (REFERENCE, DRIFTED, {"features": 5}, "features= names 5, which is no string"),
    (REFERENCE, DRIFTED, {"features": [["age"]]}, r"features= names \['age'\], which is no string"),
    (REFERENCE, DRIFTED, {"prediction": ["score"]}, r"prediction=\['score'\]: give one name"),
    (REFERENCE, DRIFTED, {"target": ["label"]}, r"target=\['label'\]: give one name"),
    (REFERENCE, DRIFTED, {"model": None, "history": ["r.json"]}, "read stored ones with driftloop"),
    (REFERENCE, DRIFTED, {"policy": {"min_records": 5}}, "policy: dict was given; write driftloop"),
    (
        REFERENCE,
        DRIFTED,
        {"policy": dl.DriftPolicy(quality={"range_margin": 1})},  # type: ignore[arg-type]
        "policy: quality: dict was given; write driftloop.QualityLimits",
    ),
    (
        REFERENCE,
        DRIFTED,
        {
            "policy": dl.DriftPolicy(
                min_effect_size=-1,
                exclude_features="age",
                quality=dl.QualityLimits(max_completeness_drop=7),
            )
        },
        r"min_effect_size: .* greater than 0 \(found -1\); exclude_features: .* list"
        r" \(found 'age'\); max_completeness_drop: .* less than or equal to 1 \(found 7\)",
    ),
    (
        REFERENCE,
        DRIFTED,
        {"policy": dl.DriftPolicy(datapoints_to_alarm=4)},
        "policy: .*datapoints_to_alarm must not exceed evaluation_periods",
    ),
]


@pytest.mark.parametrize(("reference", "current", "more", "message"), WRONG)
def test_the_error_of_an_impossible_comparison_has_the_reason(
    reference: Any, current: Any, more: dict[str, Any], message: str
) -> None:
    with pytest.raises(dl.InputError, match=message):
        dl.compare(reference, current, **more)


WRONG_WITH_BASELINE: list[tuple[Any, dict[str, Any], str]] = [
    (DRIFTED, {"target": "label"}, "target= has no effect on a baseline"),
    (DRIFTED, {"features": ["age"]}, "features= has no effect on a baseline"),
    (DRIFTED, {"prediction": "score"}, "the baseline was fitted without predictions"),
    (DRIFTED[["city"]], {}, r"current: column age is missing \(a feature\)"),
    ([DRIFTED], {}, "DataFrame was given as one of the batches; make one data frame"),
    ("captured/", {}, "str was given; read the file first"),
]


@pytest.mark.parametrize(("current", "more", "message"), WRONG_WITH_BASELINE)
def test_the_error_of_an_impossible_comparison_with_a_baseline_has_the_reason(
    current: Any, more: dict[str, Any], message: str
) -> None:
    baseline = dl.Baseline.fit(REFERENCE, features=["age", "city"])
    with pytest.raises(dl.InputError, match=message):
        dl.compare(baseline, current, **more)


@pytest.mark.parametrize("features", [None, ["(prediction)"], {"(prediction)": "numeric"}])
def test_a_feature_with_the_name_of_the_prediction_is_an_error(features: Any) -> None:
    frame = pd.DataFrame({"(prediction)": [1.0, 2.0], "x": [1.0, 2.0]})
    with pytest.raises(dl.InputError, match="stands for the model's predictions in reports"):
        dl.Baseline.fit(frame, features=features)
    fitted = dl.Baseline.fit(frame, prediction="(prediction)")
    assert [feature.name for feature in fitted.schema.features] == ["x"]


def test_a_profile_of_another_baseline_is_an_error() -> None:
    first = dl.Baseline.fit(REFERENCE, features=["age"])
    second = dl.Baseline.fit(DRIFTED, features=["age"])
    with pytest.raises(dl.InputError, match="use the baseline that it was made on"):
        dl.compare(second, dl.build_profile(first, DRIFTED))


AWKWARD: list[tuple[list[Any], list[Any], str]] = [
    ([1.0] * 200, [1.0] * 200, "stable"),
    (["a"] * 200, ["a"] * 200, "stable"),
    ([None] * 200, [None] * 200, "stable"),
    ([True, False] * 100, [False, True] * 100, "stable"),
    (["007", "08"] * 100, ["08", "007"] * 100, "stable"),
    (["007", "08"] * 100, [7, 8] * 100, "drifted"),
    ([1, 2, 3, 4] * 50, [1.0, 2.0, 3.0, 4.0] * 50, "stable"),
    ([1, 2, 3, 4] * 50, ["1", "2", "3", "4"] * 50, "stable"),
    ([1.5, 2.5] * 100, ["low", "high"] * 100, "invalid_data"),
    ([1.5, 2.5] * 100, [[1], [2]] * 100, "invalid_data"),
]


@pytest.mark.parametrize(("reference", "current", "status"), AWKWARD)
def test_awkward_columns_have_a_status(
    reference: list[Any], current: list[Any], status: str
) -> None:
    report = dl.compare(pd.DataFrame({"x": reference}), pd.DataFrame({"x": current}))
    assert report["x"].status == status


def test_times_of_one_instant_in_two_zones_are_the_same_date() -> None:
    times = pd.date_range("2026-03-02", periods=600, freq="h", tz="Europe/Berlin")
    frames = [pd.DataFrame({"t": zone}) for zone in (times, times.tz_convert("US/Pacific"))]
    assert dl.compare(*frames).drifted_features == ()


def test_a_window_of_few_rows_has_insufficient_data() -> None:
    assert dl.compare(REFERENCE, DRIFTED[:5], **NAMES).verdict == "insufficient_data"


@pytest.mark.parametrize(
    ("exclude", "message"), [("lable", "column lable is missing"), (["a", "b"], "columns a, b are")]
)
def test_an_unknown_excluded_column_is_an_error(exclude: Any, message: str) -> None:
    with pytest.raises(dl.InputError, match=message):
        dl.infer_features(REFERENCE, exclude=exclude)


def test_one_excluded_column_may_be_named_alone() -> None:
    assert "label" not in dl.infer_features(REFERENCE, exclude="label")
    assert "age" in dl.infer_features(REFERENCE.assign(average=1.0), exclude="average")
