"""Earlier reports show when drift began and draw the trend, on the command line too."""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from driftloop.cli.main import main
from driftloop.cli.report_history import read_history
from driftloop.detection import WindowVerdict
from driftloop.report import WindowReport
from driftloop.window import Window, parse_time

CONFIG = """
models:
  churn:
    problem_type: binary_classification
    features: {age: numeric, size: numeric}
    target: label
    family: sklearn
    training_data: training.csv
"""
DAY = "2026-04-18"


def hour(number: int) -> str:
    return f"{DAY}T{number:02}:00:00Z"


def captured(number: int, age: float, size: float) -> str:
    side = {"observedContentType": "text/csv", "data": f"{age:.2f},{size:.2f}", "encoding": "CSV"}
    output = {**side, "data": "0.5"}
    return json.dumps(
        {
            "captureData": {"endpointInput": side, "endpointOutput": output},
            "eventMetadata": {"eventId": f"{number}-{age}-{size}", "inferenceTime": hour(number)},
            "eventVersion": "0",
        }
    )


@pytest.fixture
def analyze(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """A baseline, and hours 0 to 4 of captures of which those from 2 on have drifted."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(1)
    Path("driftloop.yaml").write_text(CONFIG)
    rows = random.normal(40, 10, (2000, 2)).round(2)
    lines = "\n".join(f"{age},{size},0" for age, size in rows)
    Path("training.csv").write_text(f"age,size,label\n{lines}\n")
    Path("captured").mkdir()
    for number in range(5):
        rows = random.normal((48 if number >= 2 else 40, 40), 10, (400, 2))
        text = "\n".join(captured(number, *row) for row in rows)
        Path(f"captured/{number}.jsonl").write_text(text)

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["driftloop", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert not stopped.value.code
        return capsys.readouterr().out

    named = ("--config", "driftloop.yaml", "--model", "churn")
    run("baseline", *named, "--data", "training.csv", "--out", "b")

    def analyzed(number: int, *more: str) -> str:
        times = ("--start", hour(number), "--end", hour(number + 1))
        paths = ("--baseline", "b", "--capture", "captured", "--out", f"reports/{number}.json")
        return run("analyze", *named, *paths, *times, "--html", f"{number}.html", *more)

    return analyzed


def report(number: int) -> WindowReport:
    return WindowReport.from_json(Path(f"reports/{number}.json").read_bytes())


def started(number: int) -> datetime:
    """The start of the drift that a report states."""
    since = report(number).since
    assert since is not None
    return since.start


def test_start_and_trend_of_the_drift_come_from_earlier_reports(
    analyze: Callable[..., str],
) -> None:
    analyze(0)
    for number in range(1, 5):
        printed = analyze(number, "--history", "reports")
    assert started(4) == parse_time(hour(2))
    assert report(4)["age"].since == parse_time(hour(2))
    assert "The drift began in the window from Sat 18 Apr 2026, 02:00 UTC" in printed
    page = Path("4.html").read_text()
    assert "The last 5 windows" in page
    assert "2 stable, 3 drifted" in page


def test_the_same_history_twice_gives_the_same_bytes_though_it_contains_the_report(
    analyze: Callable[..., str],
) -> None:
    for number in range(4):
        analyze(number)
    written = []
    for _ in range(2):
        analyze(3, "--history", "reports")
        written.append((Path("reports/3.json").read_bytes(), Path("3.html").read_bytes()))
    assert written[0] == written[1]


def test_files_that_are_no_reports_of_the_model_are_named_in_a_note(
    analyze: Callable[..., str],
) -> None:
    analyze(2)
    Path("reports/other.json").write_bytes(replace(report(2), model="other").to_json())
    Path("reports/cut.json").write_bytes(report(2).to_json()[:-10])
    newer = report(2).to_json().replace(b'"format_version":2', b'"format_version":99')
    Path("reports/newer.json").write_bytes(newer)
    Path("reports/2.html").write_text("a page, which is no report")
    printed = analyze(3, "--history", "reports")
    assert "Not used as history, of another model or baseline: other.json." in printed
    assert "cut.json: this is no report of driftloop" in printed
    assert "newer.json: this report has format_version 99" in printed
    assert started(3) == parse_time(hour(2))


def test_a_history_without_any_report_says_so(analyze: Callable[..., str]) -> None:
    Path("reports").mkdir()
    printed = analyze(3, "--history", "reports")
    assert "reports has no report of churn on this baseline from before the window." in printed


def test_only_the_newest_revision_of_a_window_counts(analyze: Callable[..., str]) -> None:
    analyze(2)
    redone = replace(report(2).with_revision(1), verdict=WindowVerdict.STABLE, drifted_features=())
    # sorts before the report that it replaces
    Path("reports/0-r1.json").write_bytes(redone.to_json())
    window = Window(parse_time(hour(3)), parse_time(hour(4)))
    fingerprint = report(2).baseline.fingerprint
    found = read_history("reports", model="churn", baseline=fingerprint, window=window)
    assert [item.verdict for item in found.windows] == ["stable"]
    assert found.windows[0].effect_sizes["age"] == report(2)["age"].effect_size


def test_without_earlier_reports_the_summary_says_what_would_show_the_start_of_the_drift(
    analyze: Callable[..., str],
) -> None:
    printed = analyze(2)
    assert "Drifted: age (median " in printed
    assert "next steps:" in printed
    assert "--history" in printed
