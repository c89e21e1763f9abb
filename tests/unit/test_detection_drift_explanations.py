"""What the comparison with the training data says of changes that are planted in tables."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import driftloop as dl
from driftloop.detection.unit_change import UsualQuartiles, find_unit_change, unit_of_ratio
from driftloop.report import WindowReport
from tests.narrowing import not_none

ROWS, WINDOW = 20_000, 2_000

Change = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


def table(seed: int, rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    claim = np.round(np.exp(rng.normal(4, 1, rows)), 2)
    return pd.DataFrame(
        {
            "temp": np.round(rng.normal(12, 6, rows), 1),
            "distance": np.round(np.exp(rng.normal(2.5, 0.6, rows)), 2),
            "claim": np.where(rng.random(rows) < 0.8, 0.0, claim),
            "origin": rng.choice(["EWR", "JFK", "LGA"], rows, p=[0.4, 0.35, 0.25]),
            "carrier": rng.choice(["UA", "B6", "DL", "AA"], rows),
        }
    )


REFERENCE = table(1, ROWS)


def report(change: Change | None, rows: int = WINDOW) -> WindowReport:
    current = table(2, rows)
    if change is not None:
        current = change(current, np.random.default_rng(3))
    return dl.compare(REFERENCE, current)


def assigned(**columns: Callable[[pd.Series, np.random.Generator], Any]) -> Change:
    """The table with some columns changed."""
    return lambda frame, rng: frame.assign(
        **{name: change(frame[name], rng) for name, change in columns.items()}
    )


CASES: dict[str, tuple[Change, str, str, tuple[str, ...]]] = {
    "one single number": (
        assigned(temp=lambda _v, _rng: 872.0),
        "constant",
        "temp",
        ("all values are 872",),
    ),
    "one single category": (
        assigned(origin=lambda _v, _rng: "JFK"),
        "constant",
        "origin",
        ("all values are 'JFK'",),
    ),
    "a thousand times as large": (
        assigned(distance=lambda v, _: v * 1000),
        "unit_change",
        "distance",
        ("its values are about 1000 times as large (median 12", "a change of unit?"),
    ),
    "a hundredth": (
        assigned(distance=lambda v, _: v / 100),
        "unit_change",
        "distance",
        ("its values are about 100 times as small", "a change of unit?"),
    ),
    "Fahrenheit": (
        assigned(temp=lambda v, _: np.round(v * 9 / 5 + 32, 1)),
        "unit_change",
        "temp",
        ("its values look converted from degrees Celsius to Fahrenheit",),
    ),
    "kelvins": (
        assigned(temp=lambda v, _: v + 273.15),
        "unit_change",
        "temp",
        ("its values look converted from degrees Celsius to kelvins",),
    ),
    "amounts that are mostly zero, a hundredfold": (
        assigned(claim=lambda v, _: v * 100),
        "unit_change",
        "claim",
        ("its values other than 0 are about 100 times as large",),
    ),
    "another spelling": (
        assigned(origin=lambda v, _: v.str.lower().where(v == "EWR", v)),
        "spelling",
        "origin",
        ("'EWR' is now 'ewr' (case), in ",),
    ),
    "a number that stands for missing": (
        assigned(temp=lambda v, rng: v.mask(rng.random(len(v)) < 0.05, -999.0)),
        "value_share",
        "temp",
        ("of the values are -999, new in the data",),
    ),
    "new categories": (
        assigned(
            carrier=lambda v, rng: v.mask(rng.random(len(v)) < 0.3, "ZZ").mask(
                rng.random(len(v)) < 0.1, "see http://a.example"
            )
        ),
        "new_values",
        "carrier",
        ("new categories 'ZZ' (2", "'see http[:]//a[.]example' ("),
    ),
    "many new categories": (
        assigned(origin=lambda v, _: [f"gate-{number % 40:02d}" for number in range(len(v))]),
        "new_values",
        "origin",
        ("100% of the values are new categories, such as 'gate-00', 'gate-01', 'gate-02'",),
    ),
    "all categories in quotes": (
        assigned(origin=lambda v, _: "'" + v + "'"),
        "new_values",
        "origin",
        ("have 100% of the values",),
    ),
    "infinite values": (
        assigned(temp=lambda v, rng: v.mask(rng.random(len(v)) < 0.05, np.inf)),
        "value_share",
        "temp",
        ("% of the values are inf, new in the data",),
    ),
    "a narrower spread": (
        assigned(temp=lambda v, _: np.round(12 + (v - 12) / 4, 1)),
        "spread",
        "temp",
        ("middle half 8", " → 11"),
    ),
    "missing values": (
        assigned(distance=lambda v, rng: v.mask(rng.random(len(v)) < 0.1)),
        "missing_values",
        "distance",
        ("missing in 0% → ", "of the records"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_planted_change_is_explained_once_and_by_its_kind(name: str) -> None:
    change, kind, column, parts = CASES[name]
    found = report(change)
    assert [(one.kind, one.column) for one in found.explanations] == [(kind, column)]
    (reason,) = found.reasons
    assert reason == found.explanations[0].sentence
    assert found[column].reasons == (reason,)
    for part in parts:
        assert part in reason


@pytest.mark.parametrize("value", [2.0, -3.5, 0.001, 1e8])
def test_another_constant_than_the_references_is_a_constant(value: float) -> None:
    current = table(2, WINDOW).assign(temp=value)
    (reason,) = dl.compare(REFERENCE.assign(temp=1.0), current).reasons
    assert reason == f"temp: all values are {value:.12g}"


def test_different_values_in_place_of_a_constant_are_no_constant() -> None:
    current = table(2, WINDOW).assign(temp=lambda frame: 2 + frame["temp"].abs())
    causes = dl.compare(REFERENCE.assign(temp=1.0), current).explanations
    assert "constant" not in {one.kind for one in causes if one.column == "temp"}


def test_infinite_numbers_are_named_as_such() -> None:
    found = dl.compare(REFERENCE.assign(temp=np.inf), table(2, WINDOW))
    assert any(reason.startswith("temp: median inf → ") for reason in found.reasons)


def test_the_figures_are_those_of_the_data() -> None:
    current = table(2, WINDOW).assign(distance=lambda frame: frame["distance"] + 6)
    found = dl.compare(REFERENCE, current)
    (cause,) = found.explanations
    assert (cause.kind, cause.column) == ("level", "distance")
    assert cause.reference == pytest.approx(REFERENCE["distance"].median(), rel=0.01)
    assert cause.current == pytest.approx(current["distance"].median(), rel=0.03)
    assert not_none(cause.effect_size) > 0.3


def test_different_values_beyond_the_range_are_not_one_value() -> None:
    found = report(assigned(temp=lambda v, rng: v.max() + 1 + rng.random(len(v)) * v.std()))
    causes = [one for one in found.explanations if one.column == "temp"]
    assert causes
    assert "constant" not in {one.kind for one in causes}


def test_a_quiet_window_has_no_explanation() -> None:
    found = report(None)
    assert (found.verdict, found.explanations) == ("stable", ())


def interval(value: float, margin: float) -> tuple[float, float]:
    return value - margin, value + margin


def usual(p25: float, p50: float, p75: float, margin: float) -> UsualQuartiles:
    low, middle, high = (interval(one, margin) for one in (p25, p50, p75))
    return UsualQuartiles(low, middle, high, interval(p75 - p25, margin))


@pytest.mark.parametrize("rows", [200, 2000])
@pytest.mark.parametrize("seed", range(4))
def test_ordinary_shifts_are_no_change_of_unit(seed: int, rows: int) -> None:
    """Shifts of 0.3 to 10 standard deviations, and factors of 0.7 to 1.5, of several shapes."""
    rng = np.random.default_rng([seed, rows])
    shapes = {
        "normal": rng.normal(rng.uniform(-5, 50), rng.uniform(0.5, 10), ROWS),
        "exponential": rng.exponential(rng.uniform(1, 100), ROWS),
        "uniform": rng.uniform(0, rng.uniform(1, 1000), ROWS),
        "integers": rng.poisson(rng.uniform(2, 40), ROWS).astype(float),
    }
    reference = pd.DataFrame(shapes)
    current = reference.sample(rows, random_state=seed)
    for shift in (0.3, 1.0, 3.0, 10.0):
        moved = current + current.std() * shift * rng.choice([-1, 1])
        kinds = {one.kind for one in dl.compare(reference, moved).explanations}
        assert "unit_change" not in kinds
    for factor in (0.7, 0.8, 1.25, 1.5):
        kinds = {one.kind for one in dl.compare(reference, current * factor).explanations}
        assert "unit_change" not in kinds


def test_a_time_that_is_hours_later_is_a_change_of_unit_if_the_range_is_narrow() -> None:
    """Seconds since 1970 of one minute, in UTC+2 instead of UTC."""
    start = 1_700_000_000.0
    narrow = usual(start + 15, start + 30, start + 45, 5)
    found = not_none(find_unit_change(narrow, [start + 7215, start + 7230, start + 7245]))
    assert (found.factor, found.offset) == (1.0, 7200.0)
    assert found.text == "are 2 hours later, as seconds"
    other = find_unit_change(narrow, [start + 7000, start + 7015, start + 7030])
    assert other is None


def test_quartiles_that_no_conversion_explains_have_none() -> None:
    known = usual(10, 20, 40, 1)
    assert find_unit_change(known, [1000.0, 2000.0, 4000.0]) is not None
    assert find_unit_change(known, [1000.0, 2000.0, 2100.0]) is None
    assert find_unit_change(known, [10.0, 20.0, 41.0]) is None
    assert find_unit_change(known, [float("inf")] * 3) is None


@pytest.mark.parametrize(
    ("reference", "current", "factor"),
    [(54.0, 5400.0, 100.0), (54.0, 0.054, 0.001), (2.0, 120.0, 60.0), (54.0, 108.0, None)],
)
def test_the_ratio_of_medians_names_a_factor_that_units_have(
    reference: float, current: float, factor: float | None
) -> None:
    found = unit_of_ratio(reference, current)
    assert (None if found is None else found.factor) == factor
    assert unit_of_ratio(reference, -current) is None
    assert unit_of_ratio(0.0, current) is None
