"""Features of any kinds that no longer belong together."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from driftloop.capture import LineCounts, RecordBatch
from driftloop.detection import DriftPolicy
from driftloop.profile import Baseline, fit_baseline, profile_batch
from driftloop.profile.column_groups import GROUPS, MAX_PAIRS, grouped
from driftloop.report.build import build_report
from driftloop.report.window_report import WindowReport
from driftloop.schema import Feature, Kind, ProblemType, Schema

RANDOM = np.random.default_rng(9)
KINDS = {
    "country": Kind.CATEGORICAL,
    "currency": Kind.CATEGORICAL,
    "income": Kind.NUMERIC,
    "age": Kind.NUMERIC,
    "color": Kind.CATEGORICAL,
}
CURRENCIES = np.array(["EUR", "CHF", "JPY", "USD"])


def schema(kinds) -> Schema:
    return Schema(
        tuple(Feature(name, kind) for name, kind in kinds.items()), "y", ProblemType.REGRESSION
    )


def people(rows: int) -> pd.DataFrame:
    country = RANDOM.integers(0, 4, rows)
    return pd.DataFrame(
        {
            "country": np.array(["DE", "CH", "JP", "US"])[country],
            "currency": CURRENCIES[country],
            "income": RANDOM.lognormal(10 + 0.5 * country, 0.5),
            "age": RANDOM.normal(40, 10, rows),
            "color": RANDOM.choice(["red", "blue"], rows),
        }
    )


def batch(frame: pd.DataFrame, kinds=KINDS, event: str = "r") -> RecordBatch:
    made = RecordBatch.from_columns(schema(kinds), {str(n): frame[n].tolist() for n in frame})
    return replace(made, event_ids=[f"{event}-{row}" for row in range(len(frame))])


def report(baseline: Baseline, frame: pd.DataFrame, policy: DriftPolicy | None = None, kinds=KINDS):
    profile = profile_batch(baseline, batch(frame, kinds, "w"), LineCounts())
    policy = DriftPolicy() if policy is None else policy
    return build_report(baseline, profile, window=None, policy=policy, model="m")


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return fit_baseline(batch(people(5000)))


def drifted_pairs(found: WindowReport) -> list[set[str]]:
    return [{*one.pair} for one in found.associations if one.drifted]


@pytest.mark.parametrize("column", ["country", "currency", "income"])
def test_a_shuffled_column_is_found_and_named_with_its_partners(baseline, column):
    frame = people(3000)
    frame[column] = RANDOM.permutation(frame[column])
    found = report(baseline, frame)
    assert found.verdict == "drifted"
    assert found.drifted_features == ()
    assert all(column in pair for pair in drifted_pairs(found))
    assert len(drifted_pairs(found)) == 2
    (reason,) = found.reasons
    others = [name for name in ("country", "currency", "income") if name != column]
    assert reason.startswith(
        f"{column}: no longer belongs to {', '.join(others)}, as after a wrong"
    )
    (cause,) = found.explanations
    assert (cause.kind, cause.column, cause.partners) == ("association", column, tuple(others))
    assert found.drifted_pair is not None
    assert column in found.drifted_pair


@pytest.mark.parametrize("rows", [300, 1000, 5000])
def test_windows_without_a_change_have_none(baseline, rows):
    found = report(baseline, people(rows))
    assert found.verdict == "stable"
    assert drifted_pairs(found) == []


def shops(rows: int) -> pd.DataFrame:
    """60 shops of about 1.7% each, each of which sells one of 20 brands."""
    shop = RANDOM.integers(0, 60, rows)
    return pd.DataFrame(
        {
            "shop": np.char.add("s", shop.astype(str)),
            "brand": np.char.add("b", (shop // 3).astype(str)),
        }
    )


@pytest.mark.parametrize("column", ["shop", "brand"])
def test_a_shuffled_column_of_many_categories_is_found(column):
    # No category has 5% of the records, so that none has a group of its own.
    kinds = {"shop": Kind.CATEGORICAL, "brand": Kind.CATEGORICAL}
    baseline = fit_baseline(batch(shops(5000), kinds))
    assert report(baseline, shops(3000), kinds=kinds).verdict == "stable"
    frame = shops(3000)
    frame[column] = RANDOM.permutation(frame[column])
    found = report(baseline, frame, kinds=kinds)
    assert drifted_pairs(found) == [{"shop", "brand"}]


def test_rare_and_new_categories_are_one_group():
    # 3 categories of 30%, 10 of 0.9%, and 10 of 0.1%
    shares = np.repeat([0.3, 0.009, 0.001], [3, 10, 10])
    reference = RANDOM.permutation(np.repeat(np.arange(23), (shares * 10_000).astype(int)))
    binning = fit_baseline(
        batch(pd.DataFrame({"color": reference.astype(str)}), {"color": Kind.CATEGORICAL})
    ).binnings.features["color"]
    current = np.array([0, 1, 2, 3, 22, 99, np.nan], dtype=np.float32)
    known, found = grouped(binning, reference.astype(np.float32), current)
    assert found.tolist()[:3] == [0, 1, 2]
    assert found.tolist()[4:] == [GROUPS - 1, GROUPS - 1, -1]
    sizes = np.bincount(known)
    assert sizes.tolist() == [3000, 3000, 3000, 450, 450, 100]


def test_other_shares_of_single_columns_are_no_change_of_association(baseline):
    frame = people(8000)
    frame = frame[(frame["country"] != "DE") | (RANDOM.random(8000) < 0.3)]
    found = report(baseline, frame)
    assert "country" in found.drifted_features
    assert drifted_pairs(found) == []


def test_a_feature_of_weight_zero_takes_no_part(baseline):
    frame = people(3000)
    frame["currency"] = RANDOM.permutation(frame["currency"])
    policy = DriftPolicy(feature_weights={"currency": 0.0})
    assert report(baseline, frame, policy).verdict == "stable"


def test_an_excluded_feature_takes_no_part(baseline):
    frame = people(3000)
    frame["currency"] = RANDOM.permutation(frame["currency"])
    found = report(baseline, frame, DriftPolicy(exclude_features=["currency"]))
    assert found.verdict == "stable"


def wide(rows: int) -> pd.DataFrame:
    frame = pd.DataFrame(RANDOM.normal(size=(rows, 38)), columns=[f"x{i}" for i in range(38)])
    return frame.assign(a=RANDOM.choice(CURRENCIES, rows)).assign(b=lambda made: made["a"])


def test_of_many_features_the_most_associated_pairs_are_watched_and_that_is_noted():
    kinds = {**{f"x{i}": Kind.NUMERIC for i in range(38)}, "a": Kind.CATEGORICAL}
    kinds["b"] = Kind.CATEGORICAL
    baseline = fit_baseline(batch(wide(3000), kinds))
    assert len(baseline.associated_pairs) == MAX_PAIRS
    assert ("a", "b") in baseline.associated_pairs
    stored = Baseline.from_bytes(baseline.to_bytes())
    frame = wide(1500)
    frame["b"] = RANDOM.permutation(frame["b"])
    found = report(stored, frame, kinds=kinds)
    assert drifted_pairs(found) == [{"a", "b"}]
    assert any("300 of 780 pairs" in note for note in found.notes)


def test_the_order_of_parts_changes_nothing(baseline):
    whole = batch(people(5000), event="w")
    parts = np.array_split(RANDOM.permutation(5000), 4)
    profiles = [profile_batch(baseline, whole.take(part)) for part in parts]
    merged = profiles[2] + (profiles[0] + profiles[3]) + profiles[1]
    assert merged.to_bytes() == profile_batch(baseline, whole).to_bytes()
