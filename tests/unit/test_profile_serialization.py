import zlib

import numpy as np
import pytest

from driftloop.capture import LineCounts, RecordBatch
from driftloop.errors import FormatError, InputError
from driftloop.profile import Baseline, Profile, fit_baseline, profile_batch
from driftloop.profile.categorical import (
    GROUP_COUNT,
    MAX_CATEGORIES,
    MAX_NEW_CATEGORIES,
    CategoricalBinning,
    CategoricalCounts,
)
from driftloop.profile.numeric.counts import NumericBinning
from driftloop.schema import Feature, Kind, ProblemType, Schema
from tests.narrowing import narrow

SCHEMA = Schema(
    (Feature("age", Kind.NUMERIC), Feature("city", Kind.CATEGORICAL)),
    "label",
    ProblemType.BINARY_CLASSIFICATION,
)


def batch(ages, cities, scores=None):
    return RecordBatch.from_columns(SCHEMA, {"age": ages, "city": cities}, scores)


def some_baseline(rows=500, seed=1):
    random = np.random.default_rng(seed)
    return fit_baseline(
        batch(random.normal(40, 9, rows), random.choice(["a", "b"], rows), random.random(rows))
    )


def test_a_stored_baseline_is_read_unchanged():
    baseline = some_baseline()
    loaded = Baseline.from_bytes(baseline.to_bytes())
    assert loaded.to_bytes() == baseline.to_bytes()
    assert loaded.fingerprint == baseline.fingerprint
    assert loaded.schema == SCHEMA


def test_a_stored_profile_is_read_unchanged():
    baseline = some_baseline()
    line_counts = LineCounts(read=3, used=1, records=2, rejected={"not_json": 2})
    profile = profile_batch(baseline, batch([1, None], ["z", ""], [0.5, 0.5]), line_counts)
    loaded = Profile.from_bytes(profile.to_bytes())
    assert loaded.to_bytes() == profile.to_bytes()
    assert loaded.line_counts == line_counts
    assert loaded.records == 2


def test_the_error_of_another_version_names_it_and_what_to_do():
    data = some_baseline().to_bytes().replace(b"driftloop baseline 4\n", b"driftloop baseline 9\n")
    with pytest.raises(
        FormatError, match=r"version 9.*reads version 4.*again with `driftloop baseline`"
    ):
        Baseline.from_bytes(data)


def test_a_profile_is_not_read_as_a_baseline():
    baseline = some_baseline()
    with pytest.raises(
        FormatError, match=r"a driftloop profile file \(format version \d\), and a baseline file"
    ):
        Baseline.from_bytes(Profile.empty(baseline).to_bytes())


@pytest.mark.parametrize("data", [b"", b"PAR1xxxx", b"\xff" * 200, b'{"a": 1}\n'])
def test_other_bytes_are_not_read_as_a_baseline(data):
    with pytest.raises(FormatError, match="not a driftloop baseline file"):
        Baseline.from_bytes(data)


def test_a_truncated_or_damaged_baseline_is_an_error():
    data = some_baseline(50).to_bytes()
    for end in range(0, len(data) - 1, 97):
        with pytest.raises(FormatError):
            Baseline.from_bytes(data[:end])
    head = data.index(b"\n") + 1
    body = zlib.decompress(data[head:])
    for position in range(0, len(body), 501):
        damaged = data[:head] + zlib.compress(body[:position] + b"\xc1" + body[position:])
        try:
            Baseline.from_bytes(damaged)
        except FormatError:
            continue  # anything else would be a bug; bytes inside an array may pass unseen


def test_profiles_of_other_baselines_do_not_add_up():
    one, other = some_baseline(seed=1), some_baseline(seed=2)
    with pytest.raises(InputError, match="different baselines"):
        Profile.empty(one) + Profile.empty(other)


def test_a_baseline_of_no_rows_is_an_error():
    with pytest.raises(InputError, match="there are no rows"):
        fit_baseline([])


def test_a_baseline_of_parts_equals_that_of_all_rows():
    ages, cities = list(range(200)), ["a", "b", "c", ""] * 50
    all_rows = batch(ages, cities)
    binnings = fit_baseline([batch(ages[:70], cities[:70]), batch(ages[70:], cities[70:])]).binnings
    in_parts, at_once = (
        narrow(NumericBinning, fitted.features["age"])
        for fitted in (binnings, fit_baseline(all_rows).binnings)
    )
    assert in_parts.split_points.tolist() == at_once.split_points.tolist()
    assert set(narrow(CategoricalBinning, binnings.features["city"]).categories) == {"a", "b", "c"}


def test_frequent_categories_have_a_count_each_and_the_others_are_grouped():
    cities = [f"c{index}" for index in range(MAX_CATEGORIES + 10)] + ["often"] * 2000
    baseline = fit_baseline(batch([1.0] * len(cities), cities))
    binning = narrow(CategoricalBinning, baseline.binnings.features["city"])
    counts = narrow(CategoricalCounts, baseline.reference.features["city"])
    assert (binning.categories, binning.group_count, binning.is_exhaustive) == (
        ("often",),
        GROUP_COUNT,
        False,
    )
    assert counts.known[0] == 2000
    assert (binning.count_grouped(counts), counts.unseen_count) == (MAX_CATEGORIES + 10, 0)
    restored = Baseline.from_bytes(baseline.to_bytes())
    loaded = narrow(CategoricalBinning, restored.binnings.features["city"])
    assert loaded.labels == binning.labels
    assert loaded.labels[1] == f"(others, group 1 of {GROUP_COUNT})"


def test_new_categories_beyond_the_bound_are_counted_in_one_sum_and_none_is_lost():
    baseline = some_baseline()
    cities = [
        f"n{index % (MAX_NEW_CATEGORIES + 500)}" for index in range(3 * (MAX_NEW_CATEGORIES + 500))
    ]
    profile = profile_batch(baseline, batch([1.0] * len(cities), cities))
    counts = narrow(CategoricalCounts, profile.counts.features["city"])
    assert len(counts.new) == MAX_NEW_CATEGORIES
    assert set(counts.new.values()) == {3}
    assert counts.other == 3 * 500


def test_the_stored_profile_of_a_thousand_records_is_compact():
    baseline = some_baseline(20_000)
    random = np.random.default_rng(3)
    window = batch(random.normal(40, 9, 1000), random.choice(["a", "b"], 1000), random.random(1000))
    assert len(profile_batch(baseline, window).to_bytes()) < 24_000
