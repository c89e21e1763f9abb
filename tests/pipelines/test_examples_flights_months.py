"""The example's two claims: halves of a month are alike, and July is not February."""

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
from examples.flights.halves import compared, halves_by_date, is_flagged, random_halves
from examples.flights.source import FEATURES, flights

ROOT = Path(__file__).parents[2]
CATEGORIES = ("carrier", "origin", "dest")
FLOOR = 0.2


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return flights()


@pytest.fixture(scope="module")
def months(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return table[table["month"] == 2], table[table["month"] == 7]


@pytest.fixture(scope="module")
def report(months: tuple[pd.DataFrame, pd.DataFrame]) -> WindowReport:
    return compared(*months)


def shifted_by(before: pd.Series, now: pd.Series) -> float:
    """The mean shift of two normals as far apart as scipy's KS distance, in deviations."""
    distance = float(stats.ks_2samp(before.dropna(), now.dropna()).statistic)
    return float("inf") if distance == 1 else 2 * NormalDist().inv_cdf((1 + distance) / 2)


def differing_by(before: pd.Series, now: pd.Series) -> float:
    """Cohen's w of two samples of levels; at these sizes chance adds less than 0.02."""
    both = pd.concat(
        [before.value_counts(normalize=True), now.value_counts(normalize=True)], axis=1
    )
    p, q = both.fillna(0).to_numpy().T
    return float(np.sqrt(((p - q) ** 2 / ((p + q) / 2)).sum()))


@pytest.mark.parametrize("month", [2, 10])
def test_two_random_halves_of_a_month_are_stable(table: pd.DataFrame, month: int) -> None:
    rows = table[table["month"] == month]
    reports = [compared(*random_halves(rows, seed)) for seed in range(10)]
    assert {item.verdict for item in reports} == {"stable"}
    # at a rate of at most 5%, more than 3 of 10 come once in a thousand times
    assert sum(map(is_flagged, reports)) <= 3


def test_two_halves_of_february_by_date_differ_in_their_weather(months) -> None:  # type: ignore[no-untyped-def]
    report = compared(*halves_by_date(months[0]))
    assert {"temp", "wind_speed"} <= set(report.drifted_features)
    assert "origin" not in report.drifted_features


def test_july_drifts_from_february_in_what_pandas_and_scipy_see_too(months, report) -> None:  # type: ignore[no-untyped-def]
    before, now = months
    seen = {
        name: (differing_by if name in CATEGORIES else shifted_by)(before[name], now[name])
        for name in FEATURES
    }
    drifted = set(report.drifted_features)
    assert report.verdict == "drifted"
    # deciles may show more than the largest gap does, never less
    assert {name for name, size in seen.items() if size >= FLOOR} <= drifted
    assert {name for name, size in seen.items() if size < FLOOR / 2}.isdisjoint(drifted)
    assert {"temp", "dewp"} <= drifted


def test_julys_warmth_is_told_in_degrees(months, report) -> None:  # type: ignore[no-untyped-def]
    before, now = (side["temp"].median() for side in months)
    assert (before, now) == pytest.approx((35.06, 80.96))
    assert report.reasons[0].startswith("temp: median 35.06 → ")
    entry = report["temp"]
    # July is beyond February's range, where a sample of 2,048 records says where values lie
    assert entry.current.median == pytest.approx(now, abs=0.5)
    assert entry.reference.mean == pytest.approx(months[0]["temp"].mean(), rel=1e-6)
    assert entry.current.mean == pytest.approx(months[1]["temp"].mean(), rel=1e-6)


def test_airports_that_are_new_in_july_are_marked_one_by_one(months, report) -> None:  # type: ignore[no-untyped-def]
    before, now = (set(side["dest"]) for side in months)
    categories = report["dest"].categories
    assert {item.category for item in categories if item.tag == "new"} == now - before
    shares = {item.category: item.current for item in categories}
    expected = months[1]["dest"].value_counts(normalize=True)
    for category in now - before:
        assert shares[category] == pytest.approx(expected[category])


def test_captured_files_lie_and_read_as_data_capture_writes_them(months, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    rows = months[1].head(300)
    files = write_captured(tmp_path, rows, [0.25] * len(rows))
    assert files == rows["time"].nunique()
    written = sorted(tmp_path.rglob("*.jsonl"))
    assert len(written) == files
    first = json.loads(written[0].read_text())
    hour = first["eventMetadata"]["inferenceTime"]
    folders = written[0].relative_to(tmp_path).parts[:-1]
    assert folders == ("flights", "AllTraffic", *hour[:10].split("-"), hour[11:13])
    asked = first["captureData"]["endpointInput"]["data"].splitlines()
    answered = first["captureData"]["endpointOutput"]["data"].splitlines()
    assert len(asked) == len(answered) == (rows["time"] == hour).sum()


@pytest.fixture(scope="module")
def july(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The README's commands, for July alone; the folder in which they wrote."""
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


def test_the_commands_of_the_readme_judge_every_flight_of_july(july: Path, months) -> None:  # type: ignore[no-untyped-def]
    records = WindowReport.from_json((july / "july.json").read_bytes()).counts
    # times are UTC: the last evening of July in New York is August, that of June is not captured
    during = months[1]["time"] < "2013-08-01"
    assert records.records == during.sum()
    assert records.lines_rejected == {}
    assert sum(records.lines_skipped.values()) == months[1]["time"][~during].nunique()


def test_the_answers_drift_as_far_as_scipy_finds_them_apart(july: Path) -> None:
    before = pd.read_csv(july / "february.csv")["score"]
    captured = [json.loads(path.read_text()) for path in (july / "captured").rglob("*.jsonl")]
    during = [r for r in captured if r["eventMetadata"]["inferenceTime"] < "2013-08-01"]
    texts = [record["captureData"]["endpointOutput"]["data"] for record in during]
    now = np.concatenate([np.array(text.split(), dtype=float) for text in texts])
    told = WindowReport.from_json((july / "july.json").read_bytes()).prediction
    assert told.drifted
    distance = stats.ks_2samp(before, now).statistic
    assert told.metrics["ks"] == pytest.approx(distance, abs=1 / 4096)


def test_the_page_explains_july_in_words(july: Path, months) -> None:  # type: ignore[no-untyped-def]
    page = (july / "july.html").read_text()
    for said in (
        "most of all temp (median 35.06 → ",
        "the predictions drifted too.",
        "Nearly all values are above nearly all reference values.",
        "Increased most: LAX ",
        "Lost most: FLL ",
    ):
        assert said in page
    before, now = (set(side["dest"]) for side in months)
    named = page.partition("Never seen before: ")[2].partition(".")[0]
    assert set(named.split(", ")) == now - before
