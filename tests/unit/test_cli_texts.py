"""Sentences that commands print, and the command of the example."""

from pathlib import Path

import pytest

from driftloop import example
from driftloop.calibration.power import DetectableChange
from driftloop.cli.analyze import read_baseline
from driftloop.cli.calibrate import size_text
from driftloop.errors import InputError
from driftloop.profile import fit_baseline
from driftloop.schema import Feature, Kind, ProblemType, Schema
from tests.unit.test_comparison_category_changes import batch


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            DetectableChange("age", "shift", None, None),
            "no shift up to 4 standard deviations is detected so often",
        ),
        (
            DetectableChange("age", "shift", 0.284, 0.9, in_column_units=3.14),
            "a shift of 0.28 standard deviations (+3.14 in its own units)",
        ),
        (DetectableChange("city", "new_category", None, None), "no new category is detected"),
        (
            DetectableChange("city", "moved_share", None, None, categories=("Bern", "Chur")),
            "no share moved from 'Bern' to 'Chur' is detected",
        ),
    ],
)
def test_the_smallest_change_is_a_sentence(change: DetectableChange, text: str) -> None:
    assert size_text(change) == text


@pytest.mark.parametrize(
    ("kind", "problem_type", "text"),
    [
        (Kind.NUMERIC, ProblemType.REGRESSION, r"id \(categorical → numeric\)"),
        (
            Kind.CATEGORICAL,
            ProblemType.BINARY_CLASSIFICATION,
            "problem_type regression → binary_classification",
        ),
    ],
)
def test_a_baseline_of_other_features_is_refused_with_the_difference(
    tmp_path: Path, kind: Kind, problem_type: ProblemType, text: str
) -> None:
    baseline = fit_baseline(batch([0, 1, 2] * 50, 3))
    path = tmp_path / "model.baseline"
    path.write_bytes(baseline.to_bytes())
    schema = Schema((Feature("id", kind),), "y", problem_type)
    with pytest.raises(InputError, match=text):
        read_baseline(str(path), schema)


def test_the_command_of_the_example_names_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["example", str(tmp_path)])
    example.main()
    files = capsys.readouterr().out.splitlines()
    assert files
    assert all(Path(file).exists() for file in files)
    monkeypatch.setattr("sys.argv", ["example"])
    with pytest.raises(SystemExit, match=r"usage: python -m driftloop\.example FOLDER"):
        example.main()
