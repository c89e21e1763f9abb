"""Four live weeks of a version are shown, and accepted as the hour-of-week reference."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from moto import mock_aws

from driftloop.capture import LineCounts, RecordBatch
from driftloop.cli.accept_weeks import acceptance_text
from driftloop.cli.main import main
from driftloop.config import load_config
from driftloop.contract import s3_keys
from driftloop.profile import Baseline, Profile, fit_baseline, profile_batch
from driftloop.seasonality.hour_of_week import HourOfWeekProfile

MODEL = {
    "problem_type": "regression",
    "features": {"load": "numeric", "kind": "categorical"},
    "target": "y",
    "family": "sklearn",
    "training_data": "d.csv",
    "monitoring": {"window_hours": 6},
}
LIVE = datetime(2026, 3, 2, 3, tzinfo=UTC)
FIRST = datetime(2026, 3, 2, 6, tzinfo=UTC)
"""The first whole window of six hours."""
WINDOW = timedelta(hours=6)
WEEKS = 4 * 28
"""Windows of six hours in four weeks."""
KINDS = np.array(["a", "b"])


class Desk:
    """A folder with a configuration, a baseline, and stored profiles."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self._capsys = root, capsys
        self.config, self.base = root / "driftloop.yaml", root / "baseline"
        self.config.write_text(yaml.safe_dump({"models": {"m": MODEL}}))
        self.schema = load_config(self.config.read_text()).models["m"].schema_
        self.draw = np.random.default_rng(5)
        self.baseline = fit_baseline(self._batch(20_000))
        self.base.write_bytes(self.baseline.to_bytes())
        self.profiles = root / "profiles"
        self.out = root / "v1.seasonality"

    def keep(self, start: datetime, *, swing: float = 0.0, rows: int = 300) -> None:
        """The profile of one window; by ``swing`` standard deviations higher at noon."""
        shift = swing if start.hour == 12 else 0.0
        self.store(start, profile_batch(self.baseline, self._batch(rows, shift), LineCounts()))

    def keep_weeks(self, windows: int, *, swing: float = 0.0) -> None:
        """The window in which the version went live, and whole ones from FIRST on."""
        self.keep(LIVE.replace(hour=0), rows=50)
        for number in range(windows):
            self.keep(FIRST + number * WINDOW, swing=swing)

    def store(self, start: datetime, profile: Profile) -> None:
        self.profiles.mkdir(exist_ok=True)
        (self.profiles / f"{start:%Y%m%dT%H}-r0.profile").write_bytes(profile.to_bytes())

    def accept(self, *more: str, **changes: Any) -> tuple[int, str, str]:
        options = {
            "config": self.config,
            "model": "m",
            "version": 1,
            "baseline": self.base,
            "profiles": self.profiles,
            "out": self.out,
        }
        arguments = [f"--{k}={v}" for k, v in {**options, **changes}.items()]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.argv", ["driftloop", "accept-weeks", *arguments, *more])
            with pytest.raises(SystemExit) as done:
                main()
        out, err = self._capsys.readouterr()
        return int(done.value.code or 0), out, err

    def _batch(self, rows: int, shift: float = 0.0) -> Any:
        columns: dict[str, Any] = {
            "load": self.draw.normal(shift, 1, rows),
            "kind": list(KINDS[self.draw.integers(0, 2, rows)]),
        }
        return RecordBatch.from_columns(self.schema, columns)


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_weeks_are_only_shown_without_yes(desk: Desk) -> None:
    desk.keep_weeks(WEEKS + 3, swing=1.0)
    status, out, _ = desk.accept()

    assert status == 0
    assert "m version 1: 2026-03-02T06:00:00Z to 2026-03-30T06:00:00Z" in out
    assert out.count(f"{28 * 300:,} records") == 4
    assert "windows missing: none" in out
    assert "all weeks compared with the training data: drifted" in out
    assert "Nothing is written yet" in out
    assert not desk.out.exists()


def test_accepted_weeks_are_written_with_a_record_of_who_accepted_them(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    desk.keep_weeks(WEEKS, swing=1.0)
    status, _, _ = desk.accept("--yes")

    assert status == 0
    seasonality = HourOfWeekProfile.from_bytes(desk.out.read_bytes())
    assert seasonality.baseline == desk.baseline.fingerprint
    assert (len(seasonality.hours), len(seasonality.weeks), seasonality.step) == (WEEKS, 4, 6)
    record = json.loads((desk.root / "v1.seasonality.json").read_text())
    assert record["accepted_by"] == "ada"
    assert record["window"] == {"start": "2026-03-02T06:00:00Z", "end": "2026-03-30T06:00:00Z"}
    # a swing of one standard deviation at every noon, analyzed as if all hours were alike
    assert record["replay"]["drifted_before"] >= 28
    assert record["replay"]["alarms_after"] == 0


def test_weeks_accepted_twice_are_the_same_bytes(desk: Desk) -> None:
    desk.keep_weeks(WEEKS)
    desk.accept("--yes")
    first = desk.out.read_bytes()
    desk.accept("--yes")
    assert desk.out.read_bytes() == first


def test_missing_windows_are_named_and_weeks_start_and_end_with_an_existing_one(
    desk: Desk,
) -> None:
    desk.keep_weeks(WEEKS + 2)
    for lost in (FIRST + 5 * WINDOW, FIRST + (WEEKS - 1) * WINDOW):
        (desk.profiles / f"{lost:%Y%m%dT%H}-r0.profile").unlink()
    status, out, _ = desk.accept()

    assert status == 0
    assert "to 2026-03-30T12:00:00Z" in out
    assert "windows missing: 20260303T12, 20260330T00" in out


def test_late_records_are_counted_with_their_window(desk: Desk) -> None:
    desk.keep_weeks(WEEKS)
    late = desk.profiles / "late" / "20260302T12" / "20260302T18-r0-00000.profile"
    late.parent.mkdir(parents=True)
    late.write_bytes((desk.profiles / "20260302T12-r0.profile").read_bytes())
    _, out, _ = desk.accept()
    assert f"{29 * 300:,} records" in out


def test_until_names_the_end_of_the_four_weeks(desk: Desk) -> None:
    desk.keep_weeks(WEEKS + 8)
    _, out, _ = desk.accept(until="2026-03-31T01:00:00Z")
    assert "m version 1: 2026-03-03T00:00:00Z to 2026-03-31T00:00:00Z" in out


@pytest.mark.parametrize(
    ("windows", "changes", "message"),
    [
        (WEEKS - 1, {}, "up to 2026-03-30T06:00:00Z or later"),
        (WEEKS, {"until": "2026-03-30T00:00:00Z"}, "4 whole weeks are needed"),
        (WEEKS, {"until": "soon"}, "--until: 'soon' is no time"),
        (0, {}, "no windows beside the first"),
        (0, {"profiles": "absent"}, "absent: there is no such folder"),
        (0, {"profiles": "{root}"}, "no stored profiles"),
    ],
)
def test_the_error_of_weeks_that_cannot_be_accepted_has_the_action_to_take(
    desk: Desk, windows: int, changes: dict[str, str], message: str
) -> None:
    desk.keep_weeks(windows)
    if "profiles" in changes:
        (desk.root / "profiles").rename(desk.root / "elsewhere")
    changes = {name: value.format(root=desk.config) for name, value in changes.items()}
    status, out, err = desk.accept("--yes", **changes)
    assert (status, out) == (2, "")
    assert message in err
    assert not desk.out.exists()


def test_windows_of_another_length_are_an_error(desk: Desk) -> None:
    desk.keep_weeks(WEEKS)
    desk.keep(FIRST + timedelta(hours=1))
    status, _, err = desk.accept()
    assert status == 2
    assert "20260302T07-r0.profile: this is not a window of 6 hours" in err


def test_profiles_of_another_baseline_and_damaged_ones_are_named(desk: Desk) -> None:
    desk.keep_weeks(WEEKS)
    (desk.profiles / "20260303T00-r0.profile").write_bytes(b"damaged")
    assert "20260303T00-r0.profile: " in desk.accept()[2]
    desk.keep_weeks(1)
    other = Desk(desk.root, desk._capsys)
    other.store(FIRST, Profile.empty(fit_baseline(other._batch(500))))
    desk.keep(FIRST + 3 * WINDOW)
    assert "was counted on another baseline" in desk.accept(baseline=desk.base)[2]


def test_a_baseline_with_an_hour_of_week_profile_has_nothing_to_accept(desk: Desk) -> None:
    desk.keep_weeks(WEEKS)
    desk.accept("--yes")
    stored = Baseline.from_bytes(desk.base.read_bytes())

    own = stored.with_seasonality(HourOfWeekProfile.from_bytes(desk.out.read_bytes()))
    desk.base.write_bytes(own.to_bytes())
    assert "nothing to accept" in desk.accept()[2]


def test_on_s3_the_record_names_the_credentials(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.keep_weeks(WEEKS)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        import boto3

        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="analysis")
        for path in desk.profiles.iterdir():
            s3.upload_file(str(path), "analysis", f"{s3_keys.profiles('m', 1)}{path.name}")
        key = s3_keys.seasonality("m", 1)
        status, _, err = desk.accept(
            "--yes",
            profiles=f"s3://analysis/{s3_keys.profiles('m', 1)}",
            out=f"s3://analysis/{key}",
        )
        assert (status, err) == (0, "")
        record = s3.get_object(Bucket="analysis", Key=f"{key}.json")["Body"].read()
        assert json.loads(record)["accepted_by"].startswith("arn:aws:sts::")
        stored = s3.get_object(Bucket="analysis", Key=key)["Body"].read()
    assert len(HourOfWeekProfile.from_bytes(stored).weeks) == 4


def test_weeks_of_features_that_are_all_excluded_can_be_shown() -> None:
    replay = dict.fromkeys(("windows", "drifted_before", "drifted_after"), 0)
    replay |= dict.fromkeys(("alarms_before", "alarms_after", "held_out_alarms"), 0)
    found = {
        "model": "m",
        "version": 1,
        "window": {"start": "a", "end": "b"},
        "weeks": [],
        "missing_windows": [],
        "verdict": "stable",
        "reasons": [],
        "replay": replay,
        "adjustments": {},
    }
    assert "  minimum effect size multiplier: no column is analyzed" in acceptance_text(found)
