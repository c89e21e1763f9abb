"""Records that were sent again: said as a repeat, and never where training rows repeat as well."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from driftloop.capture import LineCounts, RecordBatch
from driftloop.detection import DriftPolicy
from driftloop.profile import Baseline, Profile, fit_baseline, profile_batch
from driftloop.profile.repetition import count_repetition, row_hashes
from driftloop.quality import QualityLimits
from driftloop.report.build import build_report
from driftloop.report.window_report import WindowReport
from driftloop.schema import Feature, Kind, ProblemType, Schema
from tests.narrowing import not_none

SCHEMA = Schema(
    (
        Feature("age", Kind.NUMERIC),
        Feature("amount", Kind.NUMERIC),
        Feature("city", Kind.CATEGORICAL),
        Feature("joined", Kind.DATE),
    ),
    "y",
    ProblemType.REGRESSION,
)
CITIES = ["Bern", "Basel", "Chur", "Genf"]
RANDOM = np.random.default_rng(6)
DAYS = [f"2024-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 29)]


def people(rows: int, ages: int = 70) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": RANDOM.integers(18, 18 + ages, rows),
            "amount": RANDOM.lognormal(4, 1, rows).round(2),
            "city": RANDOM.choice(CITIES, rows),
            "joined": RANDOM.choice(DAYS, rows),
        }
    )


def batch(frame: pd.DataFrame, event: str = "row") -> RecordBatch:
    times = pd.date_range("2026-01-05", periods=len(frame), freq="s").astype("int64") / 1e9
    cells = {str(name): frame[name].tolist() for name in frame}
    made = RecordBatch.from_columns(SCHEMA, cells, times=times.tolist())
    return replace(made, event_ids=[f"{event}-{row}" for row in range(len(frame))])


def report(baseline: Baseline, profile: Profile, policy: DriftPolicy | None = None) -> WindowReport:
    policy = DriftPolicy() if policy is None else policy
    return build_report(baseline, profile, window=None, policy=policy, model="m")


def window(baseline: Baseline, frame: pd.DataFrame) -> Profile:
    return profile_batch(baseline, batch(frame, "window"), LineCounts())


def repeat_of_one(frame: pd.DataFrame, share: float) -> pd.DataFrame:
    positions = np.arange(len(frame))
    positions[: round(len(frame) * share)] = 0
    return frame.iloc[positions]


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return fit_baseline(batch(people(5000)))


def test_one_record_in_a_tenth_of_the_window_is_said_as_a_repeat(baseline):
    found = report(baseline, window(baseline, repeat_of_one(people(2000), 0.1)))
    assert found.verdict == "invalid_data"
    (reason,) = found.reasons
    assert "repeat the values of another record" in reason
    assert "the most frequent one makes up 10%" in reason
    assert found.drifted_features == ()
    violation = found.data_quality.violations[0]
    assert (violation.column, violation.constraint) == (None, "repeated_records")
    assert violation.observed == pytest.approx(199 / 2000, abs=0.002)  # and a chance repeat


def test_a_hundred_records_over_and_over_are_a_repeat(baseline):
    found = report(baseline, window(baseline, pd.concat([people(100)] * 20)))
    assert found.verdict == "invalid_data"
    assert "repeat the values" in found.reasons[0]


def test_the_limit_is_a_setting(baseline):
    policy = DriftPolicy(quality=QualityLimits(max_repeated_share=1.0))
    profile = window(baseline, repeat_of_one(people(2000), 0.1))
    assert report(baseline, profile, policy).verdict == "drifted"


@pytest.mark.parametrize("rows", [100, 2000, 8000])
def test_windows_without_repeats_have_none(baseline, rows):
    found = report(baseline, window(baseline, people(rows)))
    assert found.verdict == "stable"


def test_what_training_rows_do_is_usual():
    hours = pd.concat([people(60)] * 40)  # such as the weather of an hour in all of its records
    baseline = fit_baseline(batch(hours))
    repetition = not_none(baseline.repetition)
    expected = hours.drop(columns="joined")  # its age depends on the time, its months do not
    expected["month"] = hours["joined"].str[5:7]
    assert repetition.rows == 2400
    assert repetition.copies >= 2400 - len(expected.drop_duplicates()) - 1
    found = report(baseline, window(baseline, pd.concat([people(60)] * 40)))
    assert not [v for v in found.data_quality.violations if v.constraint == "repeated_records"]


def test_few_possible_records_repeat_by_chance():
    few = pd.DataFrame({**people(400).to_dict("list"), "amount": 1.0, "joined": "2024-01-01"})
    baseline = fit_baseline(batch(few))
    again = pd.DataFrame({**people(4000).to_dict("list"), "amount": 1.0, "joined": "2024-01-01"})
    assert report(baseline, window(baseline, again)).verdict != "invalid_data"


def test_a_column_that_stands_still_is_no_repeat(baseline):
    still = people(3000).assign(amount=17.5, joined="2024-03-01")
    found = report(baseline, window(baseline, still))
    assert found.verdict == "drifted"
    assert "amount: all values are 17.5" in found.reasons


def test_copies_of_captured_files_are_no_repeats(baseline):
    once = window(baseline, people(1500))
    found = report(baseline, once + once)
    assert found.verdict == "stable"
    assert any("repeat a record of another captured file" in note for note in found.notes)


def test_the_estimate_is_the_same_however_the_records_are_split(baseline):
    frame = repeat_of_one(people(6000), 0.2)
    whole = batch(frame, "w")
    order = RANDOM.permutation(len(frame))
    parts = [profile_batch(baseline, whole.take(part)) for part in np.array_split(order, 5)]
    merged = parts[3] + (parts[0] + parts[4]) + (parts[2] + parts[1])
    assert merged.to_bytes() == profile_batch(baseline, whole).to_bytes()
    found, expected = (report(baseline, one) for one in (merged, profile_batch(baseline, whole)))
    assert found == expected
    assert found.verdict == "invalid_data"


def test_repetition_is_counted_as_pandas_counts_it():
    frame = pd.DataFrame({"a": RANDOM.integers(0, 20, 500), "b": RANDOM.integers(0, 9, 500)})
    columns = [frame[name].to_numpy(dtype=np.float32) for name in frame]
    found = count_repetition(row_hashes(columns, len(frame)))
    assert found.copies == frame.duplicated().sum()
    sizes = frame.groupby(["a", "b"]).size()
    assert found.pairs == (sizes * (sizes - 1) / 2).sum()


def test_it_is_stored_with_the_baseline(baseline):
    stored = Baseline.from_bytes(baseline.to_bytes())
    assert stored.repetition == baseline.repetition
    assert stored.fingerprint == baseline.fingerprint
