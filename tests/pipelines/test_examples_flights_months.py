"""The example's two claims: random halves of a month do not drift, and July does."""

import html
import json
import sys
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from driftloop.cli.main import main
from driftloop.report import WindowReport
from examples.flights.captured import write_captured
from examples.flights.february import write
from examples.flights.halves import compare, halves_by_date, has_change, random_halves
from examples.flights.source import FEATURES, flights

ROOT = Path(__file__).parents[2]
CATEGORIES = ("carrier", "origin", "dest")
MIN_EFFECT_SIZE = 0.2


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return flights()


@pytest.fixture(scope="module")
def months(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return table[table["month"] == 2], table[table["month"] == 7]


@pytest.fixture(scope="module")
def report(months: tuple[pd.DataFrame, pd.DataFrame]) -> WindowReport:
    return compare(*months)


def mean_shift(reference: pd.Series, current: pd.Series) -> float:
    """The mean shift, in standard deviations, of two normals with scipy's KS distance."""
    distance = float(stats.ks_2samp(reference.dropna(), current.dropna()).statistic)
    return float("inf") if distance == 1 else 2 * NormalDist().inv_cdf((1 + distance) / 2)


def cohens_w(reference: pd.Series, current: pd.Series) -> float:
    """Cohen's w of two samples of categories; at these sizes chance adds less than 0.02."""
    both = pd.concat(
        [reference.value_counts(normalize=True), current.value_counts(normalize=True)], axis=1
    )
    p, q = both.fillna(0).to_numpy().T
    return float(np.sqrt(((p - q) ** 2 / ((p + q) / 2)).sum()))


@pytest.mark.parametrize("month", [2, 10])
def test_two_random_halves_of_a_month_are_stable(table: pd.DataFrame, month: int) -> None:
    rows = table[table["month"] == month]
    reports = [compare(*random_halves(rows, seed)) for seed in range(10)]
    assert {item.verdict for item in reports} == {"stable"}
    # at a rate of at most 5%, more than 3 of 10 have a probability of 0.001
    assert sum(map(has_change, reports)) <= 3


def test_halves_of_february_by_date_drift_in_their_weather(months) -> None:
    report = compare(*halves_by_date(months[0]))
    assert {"temp", "wind_speed"} <= set(report.drifted_features)
    assert "origin" not in report.drifted_features


def test_july_drifts_in_the_features_that_pandas_and_scipy_find_too(months, report) -> None:
    reference, current = months
    effect_sizes = {
        name: (cohens_w if name in CATEGORIES else mean_shift)(reference[name], current[name])
        for name in FEATURES
    }
    drifted = set(report.drifted_features)
    assert report.verdict == "drifted"
    # deciles can show more than the largest gap of the distributions, but not less
    assert {name for name, size in effect_sizes.items() if size >= MIN_EFFECT_SIZE} <= drifted
    assert {name for name, size in effect_sizes.items() if size < MIN_EFFECT_SIZE / 2}.isdisjoint(
        drifted
    )
    assert {"temp", "dewp"} <= drifted


def test_the_report_states_the_temperature_change_in_degrees(months, report) -> None:
    reference, current = (month["temp"].median() for month in months)
    assert (reference, current) == pytest.approx((35.06, 80.96))
    assert report.reasons[0].startswith("temp: median 35.06 → ")
    entry = report["temp"]
    # July is beyond February's range, where a sample of 2,048 records gives the quantiles
    assert entry.current.median == pytest.approx(current, abs=0.5)
    assert entry.reference.mean == pytest.approx(months[0]["temp"].mean(), rel=1e-6)
    assert entry.current.mean == pytest.approx(months[1]["temp"].mean(), rel=1e-6)


def test_every_airport_that_is_new_in_july_is_a_new_category(months, report) -> None:
    reference, current = (set(month["dest"]) for month in months)
    categories = report["dest"].categories
    assert {item.category for item in categories if item.tag == "new"} == current - reference
    shares = {item.category: item.current for item in categories}
    expected = months[1]["dest"].value_counts(normalize=True)
    for category in current - reference:
        assert shares[category] == pytest.approx(expected[category])


def test_captured_files_have_the_layout_and_format_of_data_capture(months, tmp_path: Path) -> None:
    rows = months[1].head(300)
    files = write_captured(tmp_path, rows, [0.25] * len(rows))
    assert files == rows["time"].nunique()
    written = sorted(tmp_path.rglob("*.jsonl"))
    assert len(written) == files
    first = json.loads(written[0].read_text())
    hour = first["eventMetadata"]["inferenceTime"]
    folders = written[0].relative_to(tmp_path).parts[:-1]
    assert folders == ("flights", "AllTraffic", *hour[:10].split("-"), hour[11:13])
    inputs = first["captureData"]["endpointInput"]["data"].splitlines()
    outputs = first["captureData"]["endpointOutput"]["data"].splitlines()
    assert len(inputs) == len(outputs) == (rows["time"] == hour).sum()


@pytest.fixture(scope="module")
def july(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs the README's commands for July; the folder with their files."""
    folder = tmp_path_factory.mktemp("july")
    write(folder, [7])
    model = f"--config {ROOT}/examples/flights/driftloop.yaml --model flights"
    times = "--start 2013-07-01T00:00:00Z --end 2013-08-01T00:00:00Z"
    _run(f"baseline {model} --data {folder}/february.csv --prediction score --out {folder}/b")
    _run(
        f"analyze {model} --baseline {folder}/b --capture {folder}/captured {times}"
        f" --out {folder}/july.json --html {folder}/july.html"
    )
    return folder


def _run(command: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["driftloop", *command.split()])
        with pytest.raises(SystemExit) as stopped:
            main()
    assert not stopped.value.code


def test_the_commands_of_the_readme_analyze_every_flight_of_july(july: Path, months) -> None:
    counts = WindowReport.from_json((july / "july.json").read_bytes()).counts
    # times are UTC: the last evening of July in New York is in August in UTC
    during = months[1]["time"] < "2013-08-01"
    assert counts.records == during.sum()
    assert counts.lines_rejected == {}
    assert sum(counts.lines_skipped.values()) == months[1]["time"][~during].nunique()


def test_the_drift_of_the_predictions_has_the_ks_distance_of_scipy(july: Path) -> None:
    reference = pd.read_csv(july / "february.csv")["score"]
    captured = [json.loads(path.read_text()) for path in (july / "captured").rglob("*.jsonl")]
    during = [r for r in captured if r["eventMetadata"]["inferenceTime"] < "2013-08-01"]
    texts = [record["captureData"]["endpointOutput"]["data"] for record in during]
    current = np.concatenate([np.array(text.split(), dtype=float) for text in texts])
    prediction = WindowReport.from_json((july / "july.json").read_bytes()).prediction
    assert prediction is not None
    assert prediction.drifted
    distance = stats.ks_2samp(reference, current).statistic
    assert prediction.metrics["ks"] == pytest.approx(distance, abs=1 / 4096)


def test_the_page_explains_the_drift_of_july(july: Path, months) -> None:
    page = html.unescape((july / "july.html").read_text())
    for text in (
        "most of all temp (median 35.06 → ",
        "the predictions drifted too.",
        "Nearly all values are above nearly all reference values.",
        "Increased most: 'LAX' ",
        "Decreased most: 'FLL' ",
    ):
        assert text in page
    reference, current = (set(month["dest"]) for month in months)
    new_airports = page.partition(" New: ")[2].partition(".")[0]
    assert {name.strip("'") for name in new_airports.split(", ")} == current - reference
