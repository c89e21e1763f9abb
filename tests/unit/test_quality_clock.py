"""Features that hold a part of the local time, in windows that the daily rule does not decide."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from driftloop.capture import CategoricalColumn, RecordBatch
from driftloop.detection.explanation import ExplanationKind
from driftloop.detection.policy import DriftPolicy
from driftloop.profile import Baseline, Profile, fit_baseline, profile_batch
from driftloop.report import build_report
from driftloop.report.window_report import WindowReport
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window

ZONE = "America/New_York"
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
START = datetime(2026, 1, 5, tzinfo=UTC)
SCHEMA = Schema(
    (
        Feature("hour", Kind.NUMERIC),
        Feature("weekday", Kind.CATEGORICAL),
        Feature("x", Kind.NUMERIC),
    ),
    "label",
    ProblemType.BINARY_CLASSIFICATION,
)


def traffic(
    first: datetime, hours: int, *, ahead: int = 0, share: float = 1.0, seed: int = 1
) -> RecordBatch:
    """Twelve records an hour; a share of them has clocks that run some hours ahead."""
    rng = np.random.default_rng(seed)
    seconds = np.sort(rng.random(12 * hours)) * 3600 * hours
    wrong = rng.random(len(seconds)) < share
    times = [first + timedelta(seconds=second) for second in seconds.tolist()]
    shown = [
        (time + timedelta(hours=ahead * one)).astimezone(ZoneInfo(ZONE))
        for time, one in zip(times, wrong.tolist(), strict=True)
    ]
    columns = {
        "hour": np.array([time.hour for time in shown], float),
        "weekday": np.array([WEEKDAYS[time.weekday()] for time in shown], object),
        "x": rng.normal(size=len(times)),
    }
    return RecordBatch.from_columns(
        SCHEMA, columns, times=np.array([time.timestamp() for time in times])
    )


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return fit_baseline(traffic(START, 56 * 24), time_zone=ZONE)


def report(
    baseline: Baseline, batch: RecordBatch, policy: DriftPolicy | None = None
) -> WindowReport:
    first = START + timedelta(days=60)
    return build_report(
        baseline,
        profile_batch(baseline, batch),
        window=Window(first, first + timedelta(days=1)),
        policy=policy or DriftPolicy(),
        model="test",
    )


@pytest.mark.parametrize("hours", [1, 6, 24])
def test_a_quiet_window_has_no_drift_of_its_hour_or_weekday(baseline: Baseline, hours: int) -> None:
    quiet = report(
        baseline, traffic(START + timedelta(days=60), hours), DriftPolicy(min_records=10)
    )
    assert quiet.verdict == "stable"
    assert {quiet["hour"].status, quiet["weekday"].status} == {"excluded"}
    assert any(note.startswith("Excluded") and ZONE in note for note in quiet.notes)


@pytest.mark.parametrize(("ahead", "share"), [(5, 1.0), (-4, 1.0), (1, 0.2)])
def test_a_shifted_hour_is_broken_data_and_says_by_how_much(
    baseline: Baseline, ahead: int, share: float
) -> None:
    found = report(baseline, traffic(START + timedelta(days=60), 24, ahead=ahead, share=share))
    assert found.verdict == "invalid_data"
    cause = next(one for one in found.explanations if one.column == "hour")
    assert cause.kind == ExplanationKind.CLOCK_SHIFT
    unit = "hour" if abs(ahead) == 1 else "hours"
    assert cause.text.endswith(f"of the records, by {ahead:+d} {unit}")
    assert f"the clock of {ZONE}" in cause.text
    violation = next(one for one in found.data_quality.violations if one.column == "hour")
    assert violation.constraint == "clock"
    assert violation.observed == pytest.approx(share, abs=0.06)


def test_a_feature_that_is_to_be_compared_is_compared(baseline: Baseline) -> None:
    policy = DriftPolicy(include_features=("weekday",))
    found = report(baseline, traffic(START + timedelta(days=60), 24), policy)
    assert found["weekday"].drifted


def untimed(batch: RecordBatch) -> RecordBatch:
    return RecordBatch.from_columns(batch.schema, plain(batch))


def plain(batch: RecordBatch) -> dict[str, np.ndarray]:
    return {
        name: np.array(column.categories, object)[column.codes]
        if isinstance(column, CategoricalColumn)
        else column.values
        for name, column in batch.columns.items()
    }


@pytest.fixture(scope="module")
def without_times() -> Baseline:
    return fit_baseline(untimed(traffic(START, 56 * 24)), time_zone=ZONE)


@pytest.mark.parametrize("hours", [2, 24])
def test_without_training_times_the_records_show_what_follows_the_clock(
    without_times: Baseline, hours: int
) -> None:
    batch = traffic(START + timedelta(days=60), hours)
    found = report(without_times, batch, DriftPolicy(min_records=10))
    assert found.verdict == "stable"
    assert {found["hour"].status, found["weekday"].status} == {"excluded"}
    assert any("in the window its values follow the clock" in note for note in found.notes)
    assert found["x"].status == "stable"


def test_without_training_times_a_shifted_hour_is_no_clock(without_times: Baseline) -> None:
    batch = traffic(START + timedelta(days=60), 24, ahead=5)
    assert report(without_times, batch)["hour"].status != "excluded"


@pytest.mark.parametrize("first_weekday", [0, 6])
def test_numbered_weekdays_are_read_from_monday_or_sunday(first_weekday: int) -> None:
    def numbered(batch: RecordBatch) -> RecordBatch:
        columns = plain(batch)
        columns["weekday"] = np.array(
            [str((WEEKDAYS.index(day) - first_weekday) % 7) for day in columns["weekday"]], object
        )
        return RecordBatch.from_columns(SCHEMA, columns, times=batch.times)

    baseline = fit_baseline(untimed(numbered(traffic(START, 56 * 24))), time_zone=ZONE)
    found = report(baseline, numbered(traffic(START + timedelta(days=60), 24)))
    assert found["weekday"].status == "excluded"


def test_a_column_of_other_numbers_is_no_clock() -> None:
    rng = np.random.default_rng(0)
    times = START.timestamp() + 86_400 * 60 + np.sort(rng.random(600)) * 86_400
    columns = {
        "hour": rng.integers(0, 24, 600).astype(float),
        "weekday": rng.choice(WEEKDAYS, 600).astype(object),
        "x": rng.normal(size=600),
    }
    baseline = fit_baseline(RecordBatch.from_columns(SCHEMA, columns), time_zone=ZONE)
    found = report(baseline, RecordBatch.from_columns(SCHEMA, columns, times=times))
    assert {found["hour"].status, found["weekday"].status} == {"stable"}


def test_counts_of_disagreeing_records_add_up_and_are_stored(without_times: Baseline) -> None:
    batch = traffic(START + timedelta(days=60), 24, ahead=2, share=0.3)
    whole = profile_batch(without_times, batch)
    parts = [batch.take(np.arange(start, len(batch), 3)) for start in range(3)]
    first, second, third = (profile_batch(without_times, part) for part in parts)
    assert (third + first + second).clocks == whole.clocks
    assert Profile.from_bytes(whole.to_bytes()).clocks == whole.clocks
    assert Baseline.from_bytes(without_times.to_bytes()).possible_clocks is not None
    assert whole.clocks["hour"][0] == len(batch)
    assert whole.clocks["hour"][1] / len(batch) == pytest.approx(0.3, abs=0.06)
