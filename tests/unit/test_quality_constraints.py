import numpy as np
import pytest

from driftloop.capture import LineCounts, RecordBatch
from driftloop.profile import fit_baseline, profile_batch
from driftloop.quality import QualityLimits, check_constraints
from driftloop.schema import Feature, Kind, ProblemType, Schema

SCHEMA = Schema(
    (Feature("x", Kind.NUMERIC), Feature("c", Kind.CATEGORICAL)), "y", ProblemType.REGRESSION
)


def batch(x, c=None):
    return RecordBatch.from_columns(SCHEMA, {"x": x, "c": c or ["a"] * len(x)})


def check(x, c=None, *, line_counts=None, limits=None, reference=None, excluded=()):
    baseline = fit_baseline(
        batch(list(np.linspace(0, 100, 1001)) if reference is None else reference)
    )
    profile = profile_batch(baseline, batch(x, c), line_counts)
    return check_constraints(baseline, profile, limits or QualityLimits(), excluded)


def constraints(found):
    return [violation.constraint for violation in found.violations]


def mixed(good, bad, value):
    return [50.0] * good + [value] * bad


@pytest.mark.parametrize(("bad", "expected"), [(1, []), (2, ["data_type"])])
def test_a_share_of_wrong_types_above_its_limit_is_a_violation(bad, expected):
    assert constraints(check(mixed(100 - bad, bad, "warm"))) == expected


@pytest.mark.parametrize(("bad", "expected"), [(30, []), (31, ["completeness"])])
def test_completeness_may_fall_by_its_limit(bad, expected):
    assert constraints(check(mixed(100 - bad, bad, None))) == expected


@pytest.mark.parametrize(("bad", "expected"), [(10, []), (11, ["value_range"])])
def test_a_share_outside_of_the_widened_range_above_its_limit_is_a_violation(bad, expected):
    assert constraints(check(mixed(100 - bad, bad, 151.0))) == expected
    assert constraints(check(mixed(100 - bad, bad, 149.0))) == []


@pytest.mark.parametrize("rows", [50, 500, 1000])
@pytest.mark.parametrize("outlier", [1e9, -1e9])
def test_one_outlier_among_few_training_rows_hides_no_change_of_unit(rows, outlier):
    metres = np.random.default_rng(rows).normal(10, 2, rows)
    millimetres = 1000 * np.random.default_rng(1).normal(10, 2, 200)
    found = check(list(millimetres), reference=[*metres, outlier])
    assert "as after a change of unit" in found.invalid_columns["x"]
    assert constraints(found) == ["value_range"]


@pytest.mark.parametrize(("bad", "expected"), [(20, []), (21, ["categorical_values"])])
def test_a_share_of_unseen_categories_above_its_limit_is_a_violation(bad, expected):
    assert constraints(check([50.0] * 100, ["a"] * (100 - bad) + ["z"] * bad)) == expected


@pytest.mark.parametrize(
    ("bad", "value", "broken"), [(49, "warm", False), (50, "warm", True), (50, None, True)]
)
def test_a_column_is_invalid_from_the_invalid_share_on(bad, value, broken):
    assert ("x" in check(mixed(100 - bad, bad, value)).invalid_columns) is broken


def test_kinds_of_invalid_values_add_up_in_a_column():
    column = [50.0] * 40 + ["warm"] * 20 + [None] * 20 + [1e6] * 20
    assert "x" in check(column).invalid_columns


@pytest.mark.parametrize(("bad", "broken"), [(9, False), (10, True), (30, True), (50, True)])
def test_a_feature_that_no_test_compares_is_invalid_with_less_unreadable_text(bad, broken):
    x = mixed(100 - bad, bad, "warm")
    compared, excluded = check(x), check(x, excluded=["x"])
    assert ("x" in compared.invalid_columns) == (bad >= 50)
    assert ("x" in excluded.invalid_columns) == broken
    if broken:
        assert excluded.invalid_columns["x"] == f"x: {bad}% of the values have a wrong type"


def test_a_missing_share_as_in_the_baseline_is_no_violation():
    half = [None, 1.0] * 500
    found = check([None, None, 1.0] * 100, reference=half)
    assert found.invalid_columns == {}
    assert constraints(found) == []


def test_a_constant_column_has_no_value_range():
    found = check([1000.0] * 100, reference=[1.0] * 100)
    assert (constraints(found), found.invalid_columns) == ([], {})


def test_lines_are_invalid_from_the_invalid_share_on():
    lines = LineCounts(read=200, used=100, records=100, rejected={"not_json": 100})
    found = check([50.0] * 100, line_counts=lines)
    assert found.invalid_lines == "50% of the captured lines can't be read (not_json 100)"
    assert found.checked_lines == 200
    assert constraints(found) == ["readable_lines"]


def test_skipped_lines_are_valid():
    lines = LineCounts(read=5000, used=100, records=100, skipped={"outside_window": 4900})
    assert check([50.0] * 100, line_counts=lines).invalid_lines is None


def test_limits_are_settings():
    strict = QualityLimits(max_invalid_record_share=0.1)
    assert "x" in check(mixed(90, 10, None), limits=strict).invalid_columns
