"""Alarms of broken data are shown, accepted by a person, and then normal on later days."""

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from moto import mock_aws

from driftloop import storage
from driftloop.cli.accept import count_text
from driftloop.cli.day_alarms import DECIDED_AGAIN, DayAlarm
from driftloop.cli.main import main
from driftloop.contract import s3_keys
from driftloop.daily.accepted_change import FILE, changes_from_json
from driftloop.daily.history import DayRecord
from driftloop.daily.live_days import LiveDays
from driftloop.detection.daily_rule import CONSTRAINTS
from driftloop.errors import InputError
from driftloop.report import WindowReport

MODEL = {
    "problem_type": "regression",
    "features": {"load": "numeric", "city": "categorical"},
    "target": "y",
    "family": "sklearn",
    "training_data": "t.csv",
    "time_column": "time",
    "monitoring": {"window_hours": 24},
}
FIRST = datetime(2026, 1, 5, tzinfo=UTC)
TRAINING_DAYS = 42
LIVE = FIRST + timedelta(days=TRAINING_DAYS)
ROWS = 240
SEEN = "2026-02-19T00:00:00Z"
"""The end of the days of ``prepared``."""


def rows(day: datetime, seed: int, *, missing: float = 0.0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    seconds = np.sort(random.integers(0, 86_400, ROWS))
    load = random.normal(10, 2, ROWS).round(3)
    load[random.random(ROWS) < missing] = np.nan
    times = [(day + timedelta(seconds=int(s))).strftime("%Y-%m-%dT%H:%M:%SZ") for s in seconds]
    return pd.DataFrame({"time": times, "load": load, "city": random.choice(["a", "b"], ROWS)})


class Desk:
    """A folder with a baseline, captured days and their reports."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.history = root / "reports"

    def fit(self) -> None:
        """The baseline of six weeks."""
        root = self.root
        self.history.mkdir()
        (root / "driftloop.yaml").write_text(
            yaml.safe_dump({"models": {"m": MODEL}}, sort_keys=False)
        )
        training = pd.concat([rows(FIRST + timedelta(days=n), n) for n in range(TRAINING_DAYS)])
        training.assign(y=1.0).to_csv(root / "t.csv", index=False)
        self.run("baseline", data=root / "t.csv", out=root / "baseline")

    def run(self, command: str, *more: str, **options: Any) -> tuple[int, str, str]:
        options = {"config": self.root / "driftloop.yaml", "model": "m", **options}
        arguments = [f"--{name}={value}" for name, value in options.items()]
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setattr("sys.argv", ["driftloop", command, *arguments, *more])
            with pytest.raises(SystemExit) as done:
                main()
        assert "Traceback" not in err.getvalue()
        return int(done.value.code or 0), out.getvalue(), err.getvalue()

    def analyze(self, number: int, *, missing: float = 0.0) -> WindowReport:
        """The report of a live day."""
        start = LIVE + timedelta(days=number)
        folder = self.root / "capture" / f"{start:%Y/%m/%d/00}"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [
            captured(f"{row.load},{row.city}".replace("nan", ""), f"{number}-{position}", row.time)
            for position, row in enumerate(rows(start, 100 + number, missing=missing).itertuples())
        ]
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

    def accept(self, *more: str, **options: Any) -> tuple[int, str, str]:
        return self.run("accept", *more, **{"history": self.history, **options})


def captured(row: str, event: str, time: Any) -> str:
    sides = {
        "endpointInput": {"observedContentType": "text/csv", "data": row, "encoding": "CSV"},
        "endpointOutput": {"observedContentType": "text/csv", "data": "0.5", "encoding": "CSV"},
    }
    metadata = {"eventId": event, "inferenceTime": time}
    return json.dumps({"captureData": sides, "eventMetadata": metadata, "eventVersion": "0"}) + "\n"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One usual day, then two on which a third of the loads is missing."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.fit()
    assert desk.analyze(0).verdict == "stable"
    for number in (1, 2):
        assert desk.analyze(number, missing=0.33).verdict == "invalid_data"
    return desk.root


@pytest.fixture
def gaps(prepared: Path, tmp_path: Path) -> Desk:
    return Desk(Path(shutil.copytree(prepared, tmp_path / "desk")))


def test_alarms_that_can_be_accepted_are_listed_with_their_start_and_size(gaps: Desk) -> None:
    status, out, err = gaps.accept()
    assert (status, err) == (0, "")
    assert "analyzed up to 2026-02-19T00:00:00Z; alarms of broken data that can be" in out
    assert "--column load --check missing  since 2026-02-17 (2 days): " in out
    assert "Choose one with --column and --check." in out
    assert not (gaps.history / FILE).exists()


def test_nothing_is_written_without_yes(gaps: Desk) -> None:
    status, out, _ = gaps.accept(column="load", check="missing")
    assert status == 0
    assert out.startswith("m: missing of load, 2 days:\n  2026-02-17: ")
    assert "Nothing is written yet" in out
    assert f"repeat the command with --until {SEEN} --yes." in out
    assert not (gaps.history / FILE).exists()


def test_what_is_accepted_is_normal_on_later_days_and_the_earlier_keep_their_verdict(
    gaps: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    status, out, _ = gaps.accept("--yes", column="load", check="missing", until=SEEN)
    assert status == 0
    assert f"accepted by ada; written: {gaps.history / FILE}" in out
    (change,) = changes_from_json((gaps.history / FILE).read_bytes())
    assert (change.column, change.name, change.accepted_by) == ("load", "missing", "ada")
    hours = int(LIVE.timestamp()) // 3600
    assert (change.first_end, change.last_end) == (hours + 48, hours + 72)

    later = gaps.analyze(3, missing=0.33)
    assert later.day is not None
    assert "load" not in later.day.alarms
    assert not any(FILE in note for note in later.notes)
    assert gaps.analyze(2, missing=0.33).verdict == "invalid_data"


def test_days_that_the_person_did_not_see_are_not_accepted(gaps: Desk) -> None:
    status, _, err = gaps.accept("--yes", column="load", check="missing")
    assert (status, "--yes needs --until, the end of the last day" in err) == (2, True)
    assert gaps.analyze(3, missing=0.9).verdict == "invalid_data"
    gaps.accept("--yes", column="load", check="missing", until=SEEN)
    (change,) = changes_from_json((gaps.history / FILE).read_bytes())
    hours = int(LIVE.timestamp()) // 3600
    assert (change.first_end, change.last_end) == (hours + 48, hours + 72)
    assert change.decided_end == hours + 96
    assert gaps.analyze(3, missing=0.33).verdict == "invalid_data"  # decided before it
    assert "since 2026-02-19 (1 day)" in gaps.accept()[1]
    assert gaps.analyze(4, missing=0.33).verdict != "invalid_data"


def test_without_acceptance_broken_data_stays_an_alarm(gaps: Desk) -> None:
    assert gaps.analyze(3, missing=0.33).verdict == "invalid_data"


def test_accepting_twice_changes_nothing_and_says_who_did_it(gaps: Desk) -> None:
    gaps.accept("--yes", column="load", check="missing", until=SEEN)
    first = (gaps.history / FILE).read_bytes()
    status, _, err = gaps.accept("--yes", column="load", check="missing", until=SEEN)
    assert status == 2
    assert "missing of load is accepted already up to 2026-02-18, by " in err
    assert (gaps.history / FILE).read_bytes() == first
    assert "there is no alarm of broken data to accept" in gaps.accept()[1]


def test_a_later_start_accepts_fewer_days(gaps: Desk) -> None:
    _, out, _ = gaps.accept(column="load", check="missing", since="2026-02-18T00:00:00Z")
    assert out.startswith("m: missing of load, 1 day:\n  2026-02-18: ")


def test_alarms_of_windows_shorter_than_a_day_are_counted_as_windows() -> None:
    alarms = [DayAlarm("load", "missing", end, "text") for end in (24, 25, 26)]
    assert count_text(alarms) == "3 windows"
    assert count_text(alarms[:1]) == "1 day"
    assert count_text([alarms[0]._replace(in_window=0.5)]) == "1 window"
    assert count_text([alarms[0], DayAlarm("load", "missing", 48, "text")]) == "2 days"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"column": "load", "check": "level"}, "--check level: is no alarm of broken data"),
        ({"column": "load", "check": "clock"}, "there is no alarm clock of load to accept; there"),
        ({"column": "lead", "check": "missing"}, "there are missing of load"),
        ({"history": "absent"}, "absent: there is no such folder"),
    ],
)
def test_what_can_not_be_accepted_is_an_error(
    gaps: Desk, options: dict[str, str], message: str
) -> None:
    status, _, err = gaps.accept("--yes", **{"until": SEEN, **options})
    assert status == 2
    assert message in err


def test_a_folder_without_reports_is_an_error(gaps: Desk) -> None:
    shutil.rmtree(gaps.history)
    gaps.history.mkdir()
    status, _, err = gaps.accept()
    assert status == 2
    assert "there is no report of m on a day that the daily rule decided" in err


def test_a_damaged_file_of_accepted_changes_stops_the_analysis(gaps: Desk) -> None:
    (gaps.history / FILE).write_text("{")
    status, _, err = gaps.accept()
    assert status == 2
    assert "these accepted changes are damaged" in err


@pytest.fixture
def bucket(gaps: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The reports as the deployed analysis stores them: of each day, and of its window."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        import boto3

        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="analysis")
        for path in gaps.history.glob("*.json"):
            label = path.stem.replace("-", "")
            for name in (label, f"{label}T00"):
                key = s3_keys.report("m", 1, name, 0, "json")
                s3.upload_file(str(path), "analysis", key)
        yield s3


def test_of_a_deployment_it_is_written_where_the_analysis_reads_it(gaps: Desk, bucket: Any) -> None:
    options = {"column": "load", "check": "missing", "history": "s3://analysis/reports/m/v1"}
    assert gaps.accept(**options)[0] == 0
    assert bucket.list_objects_v2(Bucket="analysis", Prefix="accepted")["KeyCount"] == 0
    status, out, err = gaps.accept("--yes", until=SEEN, **options)
    assert (status, err) == (0, "")
    assert "2026-02-17" in out
    stored = bucket.get_object(Bucket="analysis", Key=s3_keys.accepted_changes("m", 1))
    (change,) = changes_from_json(stored["Body"].read())
    assert change.accepted_by.startswith("arn:aws:sts::")


def test_of_a_deployment_the_windows_of_the_running_day_are_read_too(
    gaps: Desk, bucket: Any
) -> None:
    bucket.delete_object(Bucket="analysis", Key=s3_keys.report("m", 1, "20260218", 0, "json"))
    status, out, err = gaps.accept(history="s3://analysis/reports/m/v1")
    assert (status, err) == (0, "")
    assert "analyzed up to 2026-02-19T00:00:00Z" in out
    assert "since 2026-02-17 (2 days)" in out


@pytest.mark.parametrize("baseline", ["its own", "another"])
def test_of_a_deployment_alarms_that_came_with_late_records_are_listed_too(
    gaps: Desk, bucket: Any, baseline: str
) -> None:
    """The report of 16 February has no alarm, its last decision has."""
    report = WindowReport.from_json((gaps.history / "2026-02-16.json").read_bytes())
    assert report.day is not None
    alarms = {"city": ("unseen",)}
    record = DayRecord(end=report.day.end, records=250, alarms=alarms)
    fingerprint = report.baseline.fingerprint if baseline == "its own" else "0" * 32
    live = LiveDays(fingerprint, decided=(record,))
    bucket.put_object(Bucket="analysis", Key=s3_keys.live_days("m", 1), Body=live.to_bytes())
    options = {"history": "s3://analysis/reports/m/v1"}
    status, out, err = gaps.accept(**options)
    assert (status, err) == (0, "")
    assert (f"--column city --check unseen  since 2026-02-16 (1 day): {DECIDED_AGAIN}" in out) == (
        baseline == "its own"
    )
    if baseline == "its own":
        gaps.accept("--yes", column="city", check="unseen", until=SEEN, **options)
        stored = bucket.get_object(Bucket="analysis", Key=s3_keys.accepted_changes("m", 1))
        (change,) = changes_from_json(stored["Body"].read())
        assert change.first_end == record.end


def test_live_days_that_can_not_be_read_do_not_prevent_an_acceptance(
    gaps: Desk, bucket: Any
) -> None:
    bucket.put_object(Bucket="analysis", Key=s3_keys.live_days("m", 1), Body=b"x")
    status, out, err = gaps.accept(history="s3://analysis/reports/m/v1")
    assert (status, err) == (0, "")
    assert "since 2026-02-17 (2 days)" in out
    assert "only alarms of reports are shown, because of s3://analysis/live-days/m/v1" in out


def test_of_a_deployment_what_a_window_of_an_earlier_day_had_is_listed_too(
    gaps: Desk, bucket: Any
) -> None:
    report = WindowReport.from_json((gaps.history / "2026-02-17.json").read_bytes())
    assert report.day is not None
    record = DayRecord(end=report.day.end - 6, records=250, in_window={"load": {"constant": 44.0}})
    live = LiveDays(report.baseline.fingerprint, windows=(record,))
    bucket.put_object(Bucket="analysis", Key=s3_keys.live_days("m", 1), Body=live.to_bytes())
    options = {"history": "s3://analysis/reports/m/v1", "column": "load", "check": "constant"}
    assert (
        "the 24 hours before 2026-02-17T18:00:00Z: broken in the window"
        in (gaps.accept(**options)[1])
    )
    gaps.accept("--yes", until=SEEN, **options)
    stored = bucket.get_object(Bucket="analysis", Key=s3_keys.accepted_changes("m", 1))
    (change,) = changes_from_json(stored["Body"].read())
    assert (change.first_end, change.in_window) == (record.end, 44.0)


def test_a_report_does_not_take_the_name_of_what_is_accepted(gaps: Desk) -> None:
    status, _, err = gaps.run(
        "analyze",
        baseline=gaps.root / "baseline",
        capture=gaps.root / "capture",
        out=gaps.history / FILE,
    )
    assert (status, f"{FILE} is the name of what" in err) == (2, True)
    assert not (gaps.history / FILE).exists()


def test_another_time_zone_than_that_of_the_baseline_is_a_note(gaps: Desk) -> None:
    model = {**MODEL, "time_zone": "Europe/Zurich"}
    (gaps.root / "driftloop.yaml").write_text(
        yaml.safe_dump({"models": {"m": model}}, sort_keys=False)
    )
    report = gaps.analyze(3)
    expected = "Local hours are those of UTC, with which the baseline was made; driftloop.yaml has"
    assert [note for note in report.notes if note.startswith(expected)] != []


@pytest.mark.parametrize("command", ["analyze", "calibrate"])
def test_a_truncated_baseline_is_named(gaps: Desk, command: str) -> None:
    path = gaps.root / "baseline"
    path.write_bytes(path.read_bytes()[:-5])
    options = {"capture": gaps.root / "capture", "out": gaps.root / "r.json"}
    status, _, err = gaps.run(
        command, baseline=path, **(options if command == "analyze" else {"rate": 10})
    )
    assert (status, f"{path}: this seasonality is truncated" in err) == (2, True)


def test_another_persons_acceptance_at_the_same_moment_is_not_overwritten(
    bucket: Any,
) -> None:
    uri = f"s3://analysis/{s3_keys.accepted_changes('m', 1)}"
    assert storage.find_content(uri) is None
    storage.write_unchanged(uri, b"first", None)
    with pytest.raises(InputError, match="somebody else wrote this file meanwhile"):
        storage.write_unchanged(uri, b"second", None)
    found = storage.find_content(uri)
    storage.write_unchanged(uri, b"third", found)
    with pytest.raises(InputError, match="somebody else wrote this file meanwhile"):
        storage.write_unchanged(uri, b"fourth", found)
    assert storage.read_bytes(uri) == b"third"


def test_a_uri_that_names_no_version_needs_the_file_to_write(gaps: Desk, bucket: Any) -> None:
    status, _, err = gaps.accept(history="s3://analysis/reports")
    assert status == 2
    assert "name the file to write with --out" in err


def test_the_help_names_all_checks(gaps: Desk) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "200")
        _, out, _ = gaps.run("accept", "--help")
    assert all(check in out for check in CONSTRAINTS)
