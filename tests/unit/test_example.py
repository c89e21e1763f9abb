"""The example data drifts as its description says, as data frames and as files."""

import subprocess
import sys
from pathlib import Path

import driftloop as dl


def test_the_frames_have_the_columns_of_the_captured_requests_in_their_order() -> None:
    reference, current = dl.load_example()
    assert [*reference.columns] == ["temp", "humidity", "station", "holiday"]
    assert [*current.columns] == [*reference.columns]


def test_temperature_and_station_drift_and_the_others_do_not() -> None:
    report = dl.compare(*dl.load_example())
    assert report.drifted_features == ("temp", "station")


def test_captured_requests_are_the_current_frame(tmp_path: Path) -> None:
    dl.write_example(str(tmp_path))
    reference, current = dl.load_example()
    baseline = dl.Baseline.fit(reference)
    captured = dl.build_profile(baseline, dl.read_capture(str(tmp_path / "captured"), baseline))
    frame = dl.build_profile(baseline, current)
    for name, counts in frame.counts.features.items():
        assert str(captured.counts.features[name]) == str(counts), name


def test_the_module_writes_the_example_to_a_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "driftloop.example"]
    done = subprocess.run(
        [*command, str(tmp_path)], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stdout.splitlines() == dl.write_example(str(tmp_path))
    wrong = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (wrong.returncode, wrong.stderr) == (1, "usage: python -m driftloop.example FOLDER\n")
