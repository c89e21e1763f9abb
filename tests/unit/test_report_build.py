from datetime import UTC, datetime
from functools import reduce
from operator import add

import numpy as np
import pytest
from msgspec.structs import replace

from driftloop.capture import LineCounts, RecordBatch
from driftloop.detection import DriftPolicy
from driftloop.errors import InputError
from driftloop.profile import Profile, fit_baseline, profile_batch
from driftloop.report import WindowReport, build_report
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import HOUR, Window

SCHEMA = Schema(
    (
        Feature("temp", Kind.NUMERIC),
        Feature("price", Kind.NUMERIC),
        Feature("city", Kind.CATEGORICAL),
    ),
    "late",
    ProblemType.BINARY_CLASSIFICATION,
)
WINDOW = Window(datetime(2026, 1, 1, 8, tzinfo=UTC), datetime(2026, 1, 1, 9, tzinfo=UTC))


def columns(rows, seed):
    random = np.random.default_rng(seed)
    return {
        "temp": random.normal(41, 10, rows),
        "price": random.lognormal(3, 0.7, rows),
        "city": random.choice(["NY", "LA", "SF"], rows, p=[0.5, 0.3, 0.2]).astype(object),
    }


def training(rows=20_000, scores=True):
    random = np.random.default_rng(99)
    return RecordBatch.from_columns(
        SCHEMA, columns(rows, 0), random.random(rows) if scores else None
    )


BASELINE = fit_baseline(training())


def report(change=lambda data: None, rows=1000, scores=None, line_counts=None, **more):
    data = columns(rows, 1)
    change(data)
    predictions = np.random.default_rng(2).random(rows) if scores is None else scores
    batch = RecordBatch.from_columns(SCHEMA, data, predictions)
    lines = LineCounts(read=rows, used=rows, records=rows) if line_counts is None else line_counts
    profile = profile_batch(BASELINE, batch, lines)
    return build_report(BASELINE, profile, window=WINDOW, policy=DriftPolicy(), model="m", **more)


def put(name, values):
    def change(data):
        data[name] = values(data[name])

    return change


def test_records_without_drift_are_stable():
    found = report()
    assert found.verdict == "stable"
    assert found.since is None
    assert found.data_quality.violations == ()
    assert not any(feature.drifted for feature in found.features.values())


def test_a_change_of_temperature_is_described_in_its_own_units():
    found = report(put("temp", lambda values: values + 27))
    assert found.verdict == "drifted"
    assert found.drifted_features == ("temp",)
    assert found.reasons[0].startswith("temp: median 40.")
    assert "→ 67." in found.reasons[0]
    assert "like a mean shift of 2." in found.reasons[0]


def test_a_report_has_tests_metrics_histogram_and_notes():
    found = report(put("temp", lambda values: values + 9))
    feature = found["temp"]
    assert feature.kind == "numeric"
    assert feature.records == 1000
    assert {"ks", "psi", "jensen_shannon", "wasserstein", "hellinger"} <= set(feature.metrics)
    assert feature.p_value < 1e-9
    assert feature.q_value < 1e-9
    drawn = feature.histogram
    assert len(drawn.bin_edges) == len(drawn.reference) + 1
    assert sum(drawn.reference) == pytest.approx(1)
    assert sum(drawn.current) == pytest.approx(1)
    assert found.window == WINDOW
    assert "independent records" in found.notes[0]


def test_categories_have_psi_and_jensen_shannon_and_no_ks():
    metrics = report()["city"].metrics
    assert metrics["ks"] is None
    assert metrics["psi"] >= 0
    assert metrics["jensen_shannon"] >= 0


def test_medians_and_quantiles_are_those_of_the_values():
    data = columns(1000, 1)
    summary = report()["price"].current
    assert summary.median == pytest.approx(np.median(data["price"]), rel=0.01)
    assert summary.quantiles.p95 == pytest.approx(np.quantile(data["price"], 0.95), rel=0.03)
    assert summary.mean == pytest.approx(data["price"].mean(), rel=1e-4)


def test_a_new_city_is_drift_and_is_tagged_as_new():
    def some_new(old):
        old[::50] = "Zürich"
        return old

    found = report(put("city", some_new))
    assert found.verdict == "drifted"
    assert "new category 'Zürich' has 2%" in found.reasons[0]
    shown = {item.category: item.tag for item in found["city"].categories}
    assert shown["Zürich"] == "new"


def test_a_city_that_disappeared_is_drift():
    found = report(put("city", lambda old: np.where(old == "SF", "NY", old)))
    assert found.verdict == "drifted"
    assert any("'SF' has disappeared; it had 20%" in reason for reason in found.reasons)


def test_values_that_go_missing_are_drift():
    found = report(put("price", lambda old: np.where(np.arange(1000) % 10 == 0, np.nan, old)))
    assert found.verdict == "drifted"
    assert found["price"].missing_records == 100
    assert "missing in 0% → 10% of the records" in found.reasons[0]


def test_predictions_drift_too():
    found = report(scores=np.random.default_rng(3).random(1000) ** 3)
    assert found.verdict == "drifted"
    assert found.prediction.drifted
    assert found.drifted_features == ()


def test_predictions_that_are_not_captured_are_a_note_and_no_alarm():
    batch = RecordBatch.from_columns(SCHEMA, columns(1000, 1))
    profile = profile_batch(BASELINE, batch)
    found = build_report(BASELINE, profile, window=WINDOW, policy=DriftPolicy(), model="m")
    assert found.verdict == "stable"
    assert found.prediction is None
    assert any("No predictions were captured" in note for note in found.notes)


def test_few_records_are_insufficient_data():
    found = report(rows=99)
    assert found.verdict == "insufficient_data"
    assert found["temp"].status == "insufficient_data"
    assert found["temp"].metrics["psi"] is not None


def test_no_record_at_all_is_insufficient_data():
    profile = Profile.empty(BASELINE)
    found = build_report(BASELINE, profile, window=WINDOW, policy=DriftPolicy(), model="m")
    assert found.verdict == "insufficient_data"
    assert WindowReport.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("name", "values", "constraint"),
    [
        ("temp", lambda old: np.array(["warm"] * 1000, dtype=object), "data_type"),
        ("temp", lambda old: np.full(1000, np.nan), "missing_column"),
        ("price", lambda values: values * 1000, "value_range"),
        ("temp", lambda values: values + 1000, "value_range"),
        ("city", lambda old: np.array([None] * 1000, dtype=object), "missing_column"),
        ("price", lambda old: np.where(np.arange(1000) % 5 > 1, np.nan, old), "completeness"),
    ],
)
def test_invalid_upstream_data_is_invalid_and_not_drift(name, values, constraint):
    found = report(put(name, values))
    assert found.verdict == "invalid_data"
    assert found[name].status == "invalid_data"
    violations = [v for v in found.data_quality.violations if v.column == name]
    assert [v.constraint for v in violations] == [constraint]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("temp", lambda values: values + 50),
        ("price", lambda values: values * 2),
        ("price", lambda values: values / 1000),
        ("city", lambda old: np.full(1000, "somewhere else", dtype=object)),
        ("temp", lambda old: np.full(1000, 41.0)),
    ],
)
def test_a_population_that_changed_however_much_is_drift_and_not_invalid(name, values):
    assert report(put(name, values)).verdict == "drifted"


def test_a_majority_of_rejected_lines_is_invalid_data():
    lines = LineCounts(read=3000, used=1000, records=1000, rejected={"column_count_mismatch": 2000})
    found = report(line_counts=lines)
    assert found.verdict == "invalid_data"
    assert (
        "66.7% of the captured lines can't be read (column_count_mismatch 2000)" in found.reasons[0]
    )
    assert found.counts.lines_rejected == {"column_count_mismatch": 2000}


def test_a_few_rejected_lines_change_no_verdict():
    lines = LineCounts(read=1050, used=1000, records=1000, rejected={"not_json": 50})
    assert report(line_counts=lines).verdict == "stable"


def test_an_extra_column_is_a_violation():
    lines = LineCounts(read=1000, used=1000, records=1000, extra_columns={"ssn": 900})
    found = report(line_counts=lines)
    assert found.verdict == "stable"
    assert found.data_quality.violations[0].constraint == "extra_column"


def test_the_same_inputs_give_the_same_bytes_however_the_window_came_in_parts():
    data = columns(1000, 1)
    predictions = np.random.default_rng(2).random(1000)
    whole = RecordBatch.from_columns(SCHEMA, data, predictions)

    def part(start, end):
        rows = slice(start, end)
        batch = RecordBatch.from_columns(
            SCHEMA, {name: cells[rows] for name, cells in data.items()}, predictions[rows]
        )
        named = type(batch)(
            schema=SCHEMA,
            columns=batch.columns,
            prediction=batch.prediction,
            event_ids=whole.event_ids[rows],
            inference_ids=batch.inference_ids,
            rows=batch.rows,
            times=batch.times,
        )
        return profile_batch(BASELINE, named)

    parts = [part(start, start + 100) for start in range(0, 1000, 100)]
    texts = {
        build_report(BASELINE, profile, window=WINDOW, policy=DriftPolicy(), model="m").to_json()
        for profile in (
            reduce(add, parts),
            reduce(add, parts[::-1]),
            profile_batch(BASELINE, whole),
        )
    }
    assert len(texts) == 1


def test_the_start_of_the_drift_comes_from_earlier_windows():
    earlier = report(put("temp", lambda values: values + 27), scores=np.zeros(1000)).outcome
    hour_before = Window(WINDOW.start - HOUR, WINDOW.start)
    history = [replace(earlier, window=hour_before)]
    found = report(put("temp", lambda values: values + 27), scores=np.zeros(1000), history=history)
    assert found["temp"].since == hour_before.start
    assert found.prediction.since == hour_before.start
    assert found.since == Window(hour_before.start, WINDOW.end)


def test_a_profile_of_another_baseline_is_an_input_error():
    other = fit_baseline(training(500))
    with pytest.raises(InputError, match="made on the baseline"):
        build_report(BASELINE, Profile.empty(other), window=WINDOW, policy=DriftPolicy(), model="m")


def test_a_reference_smaller_than_the_window_has_a_note():
    small = fit_baseline(RecordBatch.from_columns(SCHEMA, columns(300, 5)))
    profile = profile_batch(small, RecordBatch.from_columns(SCHEMA, columns(5000, 6)))
    found = build_report(small, profile, window=WINDOW, policy=DriftPolicy(), model="m")
    assert found.verdict == "stable"
    assert any("fewer than the window" in note for note in found.notes)
    assert any("has no predictions" in note for note in found.notes)
