"""`driftloop analyze --history` with windows shorter than a day."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from driftloop.report import WindowReport
from tests.unit.test_cli_accept import LIVE, Desk, captured, rows

STEP = 6


class Hours(Desk):
    """Windows of six hours, each with some 60 records: fewer than ``min_records``."""

    def capture(self, day: int, *, missing_from: int = 24) -> None:
        """Write the captured files of a day, without loads from an hour on."""
        start = LIVE + timedelta(days=day)
        lines: dict[int, list[str]] = {}
        for position, row in enumerate(rows(start, 100 + day).itertuples()):
            hour = int(str(row.time)[11:13])
            load = "" if hour >= missing_from else str(row.load)
            line = captured(f"{load},{row.city!s}", f"{day}-{position}", row.time)
            lines.setdefault(hour, []).append(line)
        for hour, own in lines.items():
            folder = self.root / "capture" / f"{start:%Y/%m/%d}" / f"{hour:02d}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "x.jsonl").write_text("".join(own))

    def run_window(self, first: int, hours: int = STEP) -> tuple[int, str, str]:
        start = LIVE + timedelta(hours=first)
        return self.run(
            "analyze",
            baseline=self.root / "baseline",
            capture=self.root / "capture",
            start=f"{start:%Y-%m-%dT%H:00:00Z}",
            end=f"{start + timedelta(hours=hours):%Y-%m-%dT%H:00:00Z}",
            history=self.history,
            out=self.report(first),
        )

    def report(self, first: int) -> Path:
        return self.history / f"{first:03d}.json"

    def analyze_window(self, first: int) -> WindowReport:
        status, _, err = self.run_window(first)
        assert (status, err) == (0, "")
        return WindowReport.from_json(self.report(first).read_bytes())


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two usual days, and a third one whose loads are missing from noon on."""
    desk = Hours(tmp_path_factory.mktemp("desk"))
    desk.fit()
    for day in range(3):
        desk.capture(day, missing_from=12 if day == 2 else 24)
    verdicts = [desk.analyze_window(first).verdict for first in range(0, 60, STEP)]
    # the first two have fewer than 100 records together
    assert verdicts == [*["insufficient_data"] * 2, *["stable"] * 8]
    return desk.root


@pytest.fixture
def desk(prepared: Path, tmp_path: Path) -> Hours:
    return Hours(Path(shutil.copytree(prepared, tmp_path / "desk")))


def test_missing_values_are_found_in_their_window_and_last_from_then_on(desk: Hours) -> None:
    found, later = desk.analyze_window(60), desk.analyze_window(66)
    assert (found.verdict, later.verdict) == ("invalid_data", "invalid_data")
    assert found.counts.records < found.policy.min_records
    assert found.features["load"].status == "invalid_data"
    assert found.features["load"].since is None
    assert later.features["load"].since == LIVE + timedelta(hours=60)
    assert "load" in {violation.column for violation in found.data_quality.violations}


def test_the_last_24_hours_are_the_day(desk: Hours) -> None:
    report = WindowReport.from_json(desk.report(54).read_bytes())
    assert report.day is not None
    assert report.day.end * 3600 == (LIVE + timedelta(hours=60)).timestamp()
    assert 200 < report.day.records < 280
    assert report.counts.records < 100


def test_stored_counts_stand_for_captured_files(desk: Hours) -> None:
    desk.analyze_window(60)
    expected = desk.report(60).read_bytes()
    for file in desk.history.glob("*.hours"):
        file.unlink()
    desk.analyze_window(60)
    assert desk.report(60).read_bytes() == expected


def test_captured_files_of_analyzed_windows_are_not_read_again(desk: Hours) -> None:
    desk.analyze_window(60)
    expected = WindowReport.from_json(desk.report(60).read_bytes())
    for day in (0, 1):
        start = LIVE + timedelta(days=day)
        shutil.rmtree(desk.root / "capture" / f"{start:%Y/%m/%d}")
    found = desk.analyze_window(60)
    assert (found.day, found.reasons) == (expected.day, expected.reasons)


def test_damaged_counts_are_named(desk: Hours) -> None:
    file = desk.history / "012.hours"
    file.write_bytes(file.read_bytes()[:-9])
    status, _, err = desk.run_window(60)
    assert status != 0
    assert str(file) in err
    assert "truncated" in err


def test_a_window_that_does_not_divide_the_day_is_compared_with_the_training_data(
    desk: Hours,
) -> None:
    status, out, _ = desk.run_window(55, hours=5)
    assert status == 0
    assert "note: The days before it take no part" in out
    report = WindowReport.from_json(desk.report(55).read_bytes())
    assert report.day is None
