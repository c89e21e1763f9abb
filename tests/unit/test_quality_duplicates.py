from dataclasses import replace
from functools import reduce
from operator import add

import numpy as np
import pytest

from driftloop.capture import RecordBatch
from driftloop.detection import DriftPolicy
from driftloop.profile import Profile, fit_baseline, profile_batch
from driftloop.profile.bottom_k_sample import SAMPLE_SIZE
from driftloop.quality import estimate_duplicates
from driftloop.report import build_report
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window
from tests.narrowing import not_none

SCHEMA = Schema((Feature("x", Kind.NUMERIC),), "y", ProblemType.REGRESSION)
RANDOM = np.random.default_rng(0)
BASELINE = fit_baseline(RecordBatch.from_columns(SCHEMA, {"x": RANDOM.normal(size=5000)}))
WINDOW = Window.from_dict({"start": "2026-04-18T00:00:00Z", "end": "2026-04-18T01:00:00Z"})


def profile(events) -> Profile:
    batch = RecordBatch.from_columns(SCHEMA, {"x": RANDOM.normal(size=len(events))})
    return profile_batch(BASELINE, replace(batch, event_ids=[str(event) for event in events]))


def captured(objects) -> Profile:
    return reduce(add, [profile(events) for events in objects])


def test_duplicates_across_objects_of_a_small_window_are_counted():
    found = not_none(estimate_duplicates(captured([range(100), range(90, 150), [95]])))
    assert (found.share, found.interval[0], found.interval[1]) == (11 / 161,) * 3
    assert found.sampled_records == 161


def test_duplicates_of_a_large_window_are_estimated_with_an_interval():
    found = not_none(estimate_duplicates(captured([range(40_000), range(30_000, 50_000)])))
    assert found.interval[0] < 10_000 / 60_000 < found.interval[1]
    assert found.interval[1] - found.interval[0] < 0.04
    assert SAMPLE_SIZE * 0.9 < found.sampled_records < SAMPLE_SIZE


def test_a_window_without_duplicates_has_an_upper_bound():
    # Clopper-Pearson for 0 of n: 1 - 0.025^(1/n), with n the sampled events but the last
    found = not_none(estimate_duplicates(captured([range(40_000)])))
    assert (found.share, found.interval[0]) == (0, 0)
    bound = 1 - 0.025 ** (1 / (SAMPLE_SIZE - 1))
    assert found.interval[1] == pytest.approx(bound / (1 + bound), rel=1e-9)


def test_the_interval_contains_the_true_share_with_its_confidence():
    runs, held = 200, 0
    for run in range(runs):
        first = [f"{run}-{event}" for event in range(5000)]
        found = not_none(estimate_duplicates(captured([first, first[:400]])))
        held += found.interval[0] <= 400 / 5400 <= found.interval[1]
    # 95% of 200 runs, less three standard deviations (binomial)
    assert held >= 190 - 3 * (200 * 0.95 * 0.05) ** 0.5


def test_events_that_are_captured_many_times_are_not_cut_off():
    found = not_none(estimate_duplicates(captured([range(3000)] * 4)))
    assert found.share == pytest.approx(3 / 4, abs=1e-9)


def test_any_split_gives_the_same_estimate():
    objects = [range(6000), range(5000, 9000), range(2000)]
    whole = captured(objects)
    other = captured([objects[2], *np.array_split(np.arange(6000), 5), objects[1]])
    assert estimate_duplicates(whole) == estimate_duplicates(other)


def test_records_of_one_request_are_no_duplicates():
    batch = RecordBatch.from_columns(SCHEMA, {"x": RANDOM.normal(size=500)})
    request = replace(batch, event_ids=["one"] * 500, rows=np.arange(500, dtype=np.int32))
    assert not_none(estimate_duplicates(profile_batch(BASELINE, request))).share == 0


def test_a_window_without_records_has_no_duplicate_share():
    assert estimate_duplicates(Profile.empty(BASELINE)) is None


def test_the_report_has_the_duplicate_share_and_a_note_where_it_is_large():
    def report(*objects):
        return build_report(
            BASELINE, captured(objects), window=WINDOW, policy=DriftPolicy(), model="m"
        )

    found = report(range(400), range(380, 600))
    assert found.counts.records == 620  # nothing is removed
    assert found.counts.duplicate_share.share == 20 / 620
    assert any(note.startswith("3.2% of the records repeat a record") for note in found.notes)
    assert any("About 50% of the records (95%" in n for n in report(*[range(5000)] * 2).notes)
    assert not any("repeat a record" in note for note in report(range(600)).notes)
