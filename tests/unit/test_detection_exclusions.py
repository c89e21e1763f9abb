import numpy as np
import pytest

from driftloop.calibration import calibrate
from driftloop.capture import RecordBatch
from driftloop.config import Config
from driftloop.config.load import validate_config
from driftloop.detection import DriftPolicy
from driftloop.errors import ConfigError
from driftloop.profile import fit_baseline, profile_batch
from driftloop.report import build_report
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window

ROWS = 3000
WINDOW = Window.from_dict({"start": "2026-04-18T00:00:00Z", "end": "2026-04-18T01:00:00Z"})
SCHEMA = Schema(
    (
        Feature("order", Kind.NUMERIC),
        Feature("token", Kind.CATEGORICAL),
        Feature("age", Kind.NUMERIC),
        Feature("height", Kind.NUMERIC),
    ),
    "y",
    ProblemType.REGRESSION,
)


def batch(rows, seed, first=0, shift=0.0, **changes):
    random = np.random.default_rng(seed)
    columns = {
        "order": np.arange(first, first + rows),
        "token": [f"{seed}-{row}" for row in range(rows)],
        "age": random.normal(40 + shift, 10, rows),
        "height": random.normal(size=rows),
    }
    return RecordBatch.from_columns(SCHEMA, columns | changes)


BASELINE = fit_baseline(batch(ROWS, 0))


def report(policy=None, **changes):
    given = {"rows": 1000, "seed": 1, "first": ROWS, **changes}
    profile = profile_batch(BASELINE, batch(**given))
    return build_report(
        BASELINE, profile, window=WINDOW, policy=policy or DriftPolicy(), model="churn"
    )


def constraints(found):
    return [v.constraint for v in found.data_quality.violations]


def test_features_that_can_not_be_compared_are_excluded_with_a_note_and_no_false_alarm():
    found = report()
    assert found.verdict == "stable"
    order, token = found["order"], found["token"]
    assert (order.status, order.effect_size, order.q_value) == ("excluded", None, None)
    assert "row numbers and ids" in order.reasons[0]
    assert (token.status, token.drifted) == ("excluded", False)
    assert "its own category" in token.reasons[0]
    assert any(note.startswith("Excluded from drift detection: order:") for note in found.notes)
    assert constraints(found) == []


def test_included_features_are_tested_in_any_case():
    found = report(DriftPolicy(include_features=("order", "token")), first=3 * ROWS)
    assert found["order"].status == "drifted"
    assert "Left out" not in " ".join(found.notes)
    assert "value_range" in constraints(found)


def test_features_that_follow_the_order_of_rows_are_tested_with_a_suggestion():
    rising = np.sort(np.random.default_rng(5).normal(40, 10, ROWS))
    baseline = fit_baseline(batch(ROWS, 0, age=rising))
    profile = profile_batch(baseline, batch(1000, 1, first=ROWS))

    def notes(policy):
        found = build_report(baseline, profile, window=WINDOW, policy=policy, model="churn")
        assert found["age"].status in ("stable", "excluded")
        return [note for note in found.notes if note.startswith("age: from row to row")]

    assert len(notes(DriftPolicy())) == 1
    assert (
        notes(DriftPolicy(include_features=["age"]))
        == notes(DriftPolicy(exclude_features=["age"]))
        == []
    )


def test_features_can_be_excluded_by_name():
    found = report(DriftPolicy(exclude_features=("age",)), shift=30)
    assert found.verdict == "stable"
    assert found["age"].reasons == ("excluded by monitoring.exclude_features",)
    assert "Excluded from drift detection by monitoring.exclude_features: age." in found.notes
    assert report(shift=30).verdict == "drifted"


def test_excluded_features_take_no_part_in_the_correction_for_many_features():
    # two columns are analyzed, so the larger p-value is its own q-value (Benjamini-Hochberg)
    features = report().features
    analyzed = [features[name] for name in ("age", "height")]
    assert max(f.q_value for f in analyzed) == max(f.p_value for f in analyzed)


def test_excluded_features_take_no_part_in_correlations():
    random = np.random.default_rng(2)
    rising = np.sort(random.normal(size=1000))
    assert report(height=rising).multivariate.pair == ("age", "height")
    assert report(DriftPolicy(include_features=("order",)), height=rising).multivariate.pair == (
        "order",
        "height",
    )


@pytest.mark.parametrize(
    ("value", "constraint"), [("none of it", "data_type"), (None, "completeness")]
)
def test_missing_values_and_types_are_still_checked(value, constraint):
    order = [value] * 400 + list(range(ROWS, ROWS + 600))
    assert constraints(report(order=order)) == [constraint]


def test_an_excluded_column_that_is_missing_is_still_invalid_data():
    found = report(order=[None] * 1000)
    assert (found.verdict, found["order"].status) == (
        "invalid_data",
        "invalid_data",
    )


def test_calibration_skips_excluded_features():
    found = calibrate(BASELINE, DriftPolicy(), rate=200, months=1)
    assert {item.feature for item in found.minimum_detectable_changes} == {"age", "height"}


def config(**monitoring):
    model = {
        "problem_type": "regression",
        "features": {"order": "numeric", "age": "numeric"},
        "target": "y",
        "family": "sklearn",
        "training_data": "t.csv",
        "monitoring": monitoring,
    }
    return validate_config({"models": {"churn": model}})


def test_the_settings_reach_the_policy():
    found: Config = config(exclude_features=["age"], include_features=["order"])
    policy = DriftPolicy.from_settings(found.models["churn"])
    assert (policy.exclude_features, policy.include_features) == (["age"], ["order"])


@pytest.mark.parametrize(
    ("monitoring", "message"),
    [
        ({"exclude_features": ["aeg"]}, "monitoring.exclude_features names unknown features: aeg"),
        ({"include_features": ["aeg"]}, "monitoring.include_features names unknown features: aeg"),
        ({"include_features": ["age"], "exclude_features": ["age"]}, "both name age"),
    ],
)
def test_contradictory_settings_are_a_config_error(monitoring, message):
    with pytest.raises(ConfigError, match=message):
        config(**monitoring)
