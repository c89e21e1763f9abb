"""`driftloop analyze --history` of a model whose training data has no times."""

import shutil
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from driftloop.cli.captured_days import first_records
from driftloop.cli.report_history import History
from driftloop.daily.history import DayRecord
from driftloop.daily.stored_hours import CountedHours
from driftloop.report import WindowReport
from tests.unit.test_cli_accept import LIVE, MODEL, Desk, captured

ROWS = 60
FIRST_DAYS = 28
UNTIL = f"{LIVE + timedelta(days=2):%Y-%m-%dT00:00:00Z}"
UNTIMED = {
    **{name: value for name, value in MODEL.items() if name != "time_column"},
    "features": {"hour": "numeric", "load": "numeric", "city": "categorical"},
    "monitoring": {"window_hours": 24, "min_records": 50},
}


def rows(seed: int, load: float = 10.0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    hour = np.sort(np.arange(ROWS) % 24)
    return pd.DataFrame(
        {
            "hour": hour,
            "load": random.normal(load, 2, ROWS).round(3),
            "city": random.choice(["a", "b"], ROWS),
        }
    )


class Untimed(Desk):
    """Live days have another load than the training data."""

    def fit(self) -> None:
        root = self.root
        self.history.mkdir()
        config = yaml.safe_dump({"models": {"m": UNTIMED}}, sort_keys=False)
        (root / "driftloop.yaml").write_text(config)
        training = pd.concat([rows(n) for n in range(50)])
        training.assign(y=1.0).to_csv(root / "t.csv", index=False)
        status, out, _ = self.run("baseline", data=root / "t.csv", out=root / "baseline")
        assert status == 0
        assert "28 live days" in out

    def live(self, number: int, *, late: int = 0, blank: int = 0) -> WindowReport:
        """The report of a live day; ``late`` hours behind the clock, ``blank`` loads missing."""
        start = LIVE + timedelta(days=number)
        folder = self.root / "capture" / f"{start:%Y/%m/%d/00}"
        folder.mkdir(parents=True, exist_ok=True)
        lines = []
        for position, row in enumerate(rows(100 + number, 20.0).itertuples()):
            load = "" if position < blank else str(row.load)
            time = f"{start:%Y-%m-%d}T{row.hour:02d}:15:00Z"
            payload = f"{(int(str(row.hour)) + late) % 24},{load},{row.city!s}"
            lines.append(captured(payload, f"{number}-{position}", time))
        (folder / "x.jsonl").write_text("".join(lines))
        out = self.history / f"{start:%Y-%m-%d}.json"
        status, _, err = self.run(
            "analyze",
            baseline=self.root / "baseline",
            capture=self.root / "capture",
            start=f"{start:%Y-%m-%dT00:00:00Z}",
            end=f"{start + timedelta(days=1):%Y-%m-%dT00:00:00Z}",
            history=self.history,
            out=out,
        )
        assert (status, err) == (0, "")
        return WindowReport.from_json(out.read_bytes())


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """28 live days; on the second one most loads are missing, which a person accepts."""
    desk = Untimed(tmp_path_factory.mktemp("desk"))
    desk.fit()
    first = desk.live(0)
    assert first.verdict == "drifted"
    assert any("(1 of 28 so far)" in note for note in first.notes)
    assert any(note.startswith("hour: may be the hour, weekday or month") for note in first.notes)
    broken = desk.live(1, blank=25)
    assert any("1 day: missing of load" in note for note in broken.notes)
    status, out, _ = desk.accept("--yes", column="load", check="missing", until=UNTIL)
    assert status == 0
    assert "of the values are missing" in out
    for number in range(2, FIRST_DAYS):
        report = desk.live(number)
    assert any("(28 of 28 so far)" in note for note in report.notes)
    return desk.root


@pytest.fixture
def desk(month: Path, tmp_path: Path) -> Untimed:
    return Untimed(Path(shutil.copytree(month, tmp_path / "desk")))


def test_the_day_after_28_accepted_ones_is_compared_with_them(desk: Untimed) -> None:
    found = desk.live(FIRST_DAYS)
    assert found.verdict == "stable"
    assert any("They show that hour follows" in note for note in found.notes)
    assert {one.column for one in found.sensitivity} >= {"load", "city"}
    again = desk.live(FIRST_DAYS)
    assert again.to_json() == found.to_json()


def test_a_wrong_clock_is_found_then(desk: Untimed) -> None:
    found = desk.live(FIRST_DAYS, late=5)
    assert found.verdict == "invalid_data"
    assert found.day is not None
    assert found.day.alarms["hour"] == ("clock",)


def test_without_acceptance_the_broken_day_does_not_count(desk: Untimed) -> None:
    (desk.history / "accepted-changes.json").unlink()
    found = desk.live(FIRST_DAYS)
    assert found.verdict == "drifted"
    assert any("(28 of 28 so far)" in note for note in found.notes)
    assert desk.live(FIRST_DAYS + 1).verdict == "stable"


def test_windows_shorter_than_a_day_are_one_first_day_together() -> None:
    midnight = int(LIVE.timestamp()) // 3600
    windows = [
        DayRecord(end=midnight + 6, records=5),
        DayRecord(end=midnight + 12, records=7, alarms={"load": ("missing",)}),
        DayRecord(end=midnight + 24, records=1, alarms={"load": ("unseen",)}),
        DayRecord(end=midnight + 30, records=4, invalid="repeated records"),
    ]
    past = History([], [], windows)
    own = CountedHours("", midnight + 48, midnight + 54, {})
    first, second = first_records(own, past)
    assert first == DayRecord(end=midnight + 24, records=13, alarms={"load": ("missing", "unseen")})
    assert second == DayRecord(end=midnight + 48, records=4, invalid="repeated records")
    running = CountedHours("", midnight + 24, midnight + 30, {})
    assert first_records(running, past) == [first]
    whole = CountedHours("", midnight + 30, midnight + 54, {})
    assert [one.end for one in first_records(whole, past)] == [midnight + 6, midnight + 30]
