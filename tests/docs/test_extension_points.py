"""An extension is one thing in one place.

A copy of the project gets a drift metric (one file and one row), an alarm (one row and one section
of the runbook) and a setting (one field and its reader), and nothing else. Then the documentation
is generated and the project's own tests run in the copy, without any edit to them.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "driftloop",
    "infra",
    "lambdas",
    "pipelines",
    "docs",
    "examples",
    "tests/docs",
    "tests/conformance",
)
TESTS = (
    "tests/conformance/test_metrics.py",
    "tests/docs/test_architecture_table.py",
    "tests/docs/test_readme.py",
    "tests/docs/test_reference_pages.py",
)
"""The tests of the copy: the conformance suite of drift metrics and those of the documentation."""

METRIC_FILE = '''\
"""Total variation distance."""

from driftloop.profile.column_pair import BinnedCounts


def total_variation(bins: BinnedCounts) -> float | None:
    """Return half of the summed absolute differences of the shares."""
    shares = bins.shares()
    if shares is None:
        return None
    reference, current = shares
    return float(abs(reference - current).sum() / 2)
'''

METRIC_ROW = """\
    DriftMetric(
        name="total_variation",
        label="Total variation",
        compute=_on_bins(total_variation),
        meaning="Total variation distance.",
        formula="TV = ½ Σ abs(q − p)",
        convention="The bins are deciles of the reference, or categories.",
        source="Levin and Peres, Markov Chains and Mixing Times (2017), section 4.1.",
        detects="Changes of any share.",
        blind_to="How far values moved.",
        upper=1.0,
    ),
"""

ALARM_CONDITION = '''

def challengers_rejected(context: AlarmContext) -> AlarmCondition:
    """Rejected challengers, at least ``retraining.max_rejected_challengers``."""
    return AlarmCondition(
        (context.driftloop_metric(published.CHALLENGER_REJECTED),),
        threshold=context.settings.retraining.max_rejected_challengers,
        period_seconds=EVENT_PERIOD_SECONDS,
        treat_missing_data="notBreaching",
    )
'''

ALARM_ROW = """\
    AlarmDefinition(
        "challengers-rejected",
        conditions.challengers_rejected,
        "Evaluation rejected challengers.",
        "The training data is not better than the champion's.",
        "Read the evaluation report of the last execution.",
    ),
"""

RUNBOOK_SECTION = """
## challengers-rejected

**What happened.** Evaluation rejected challengers.

**Impact.** The champion keeps serving.

**Likely causes.** The training data is not better than the champion's.

**Actions.** Read the evaluation report of the last execution.
"""

SETTING = """
    max_rejected_challengers: int = Field(
        3, ge=1, description="Rejected challengers that change the alarm to ALARM."
    )
"""


def insert_after(path: Path, anchor: str, text: str) -> None:
    """Insert ``text`` after the only occurrence of ``anchor`` in a file."""
    content = path.read_text(encoding="utf-8")
    assert content.count(anchor) == 1, f"{path}: {content.count(anchor)} times {anchor!r}"
    path.write_text(content.replace(anchor, anchor + text), encoding="utf-8")


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def add_drift_metric(project: Path) -> None:
    package = project / "driftloop/metrics"
    (package / "total_variation.py").write_text(METRIC_FILE, encoding="utf-8")
    insert_after(
        package / "__init__.py",
        "from driftloop.metrics.psi import psi, psi_corrected\n",
        "from driftloop.metrics.total_variation import total_variation\n",
    )
    insert_after(package / "__init__.py", "METRICS: tuple[DriftMetric, ...] = (\n", METRIC_ROW)


def add_alarm(project: Path) -> None:
    append(project / "infra/alarms/conditions.py", ALARM_CONDITION)
    insert_after(project / "infra/alarms/table.py", "\nALARMS = (\n", ALARM_ROW)
    append(project / "docs/runbook.md", RUNBOOK_SECTION)


def add_setting(project: Path) -> None:
    """Its reader is the condition of the new alarm."""
    path = project / "driftloop/config/sections.py"
    section = re.search(
        r'class RetrainingSettings\(Section\):\n +""".*?"""\n', path.read_text(), re.DOTALL
    )
    assert section
    insert_after(path, section[0], SETTING)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the three extensions and newly generated pages."""
    project = tmp_path_factory.mktemp("project")
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, project / folder, ignore=ignored)
    # this test is not a test of the copy
    (project / "tests/docs" / Path(__file__).name).unlink()
    for file in [path for path in ROOT.iterdir() if path.is_file()]:
        shutil.copy(file, project)
    add_drift_metric(project)
    add_alarm(project)
    add_setting(project)
    run(project, "-m", "docs.generator")
    return project


def run(project: Path, *arguments: str) -> str:
    """Run Python in the copy, which its tests must find before this project; return the output."""
    environment = {**os.environ, "PYTHONPATH": str(project)}
    environment.pop("PYTEST_ADDOPTS", None)
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-5000:] + result.stderr[-5000:]
    return result.stdout


def page(project: Path, name: str) -> str:
    return (project / "docs" / name).read_text(encoding="utf-8")


def test_the_tests_of_the_project_pass_without_an_edit(project: Path) -> None:
    output = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", *TESTS)
    assert "passed" in output
    collected = run(project, "-m", "pytest", "-q", "--collect-only", "-n", "0", TESTS[0])
    assert "total_variation" in collected, "the conformance suite does not test the metric"


def test_an_added_drift_metric_is_documented(project: Path) -> None:
    text = page(project, "drift-metrics.md")
    assert "[`total_variation`](#total_variation)" in text
    assert "TV = ½ Σ abs(q − p)" in text
    assert "`total_variation`" in page(project, "glossary.md")


def test_an_added_drift_metric_is_in_the_report(project: Path, tmp_path: Path) -> None:
    run(project, "-m", "driftloop.example", str(tmp_path))
    code = "from driftloop.cli.main import main; main()"
    config = ["--config", str(tmp_path / "driftloop.yaml"), "--model", "rentals"]
    baseline = str(tmp_path / "rentals.baseline")
    training = str(tmp_path / "training.csv")
    run(project, "-c", code, "baseline", "--data", training, *config, "--out", baseline)
    files = {name: tmp_path / f"report.{name}" for name in ("json", "html")}
    outputs = ["--out", str(files["json"]), "--html", str(files["html"])]
    captured = str(tmp_path / "captured")
    run(
        project,
        "-c",
        code,
        "analyze",
        "--capture",
        captured,
        "--baseline",
        baseline,
        *config,
        *outputs,
    )
    report = json.loads(files["json"].read_text(encoding="utf-8"))
    assert 0 < report["features"]["temp"]["metrics"]["total_variation"] <= 1
    assert "Total variation" in files["html"].read_text(encoding="utf-8")


def test_an_added_alarm_is_documented_with_its_condition_and_its_runbook_section(
    project: Path,
) -> None:
    text = page(project, "alarms.md")
    row = next(line for line in text.splitlines() if "`challengers-rejected`" in line)
    assert "(runbook.md#challengers-rejected)" in row
    assert "ChallengerRejected (Maximum) ≥ 3" in row
    assert "Evaluation rejected challengers." in row


def test_an_added_alarm_is_on_the_bill(project: Path) -> None:
    assert metrics_in_alarms(project) == metrics_in_alarms(ROOT) + 1


def metrics_in_alarms(project: Path) -> int:
    lines = page(project, "costs.md").splitlines()
    (row,) = (line for line in lines if line.startswith("| metrics in alarms |"))
    return int(row.split("|")[2].split("×")[0])


def test_an_added_setting_is_documented_with_its_default_and_bounds(project: Path) -> None:
    text = page(project, "configuration.md")
    row = next(line for line in text.splitlines() if "max_rejected_challengers" in line)
    assert row.startswith("| `models.NAME.retraining.max_rejected_challengers` |")
    assert "whole number, at least 1" in row
    assert "`3`" in row
    assert "Rejected challengers that change the alarm to ALARM." in row


def test_an_added_setting_reaches_its_reader(project: Path) -> None:
    code = """
from docs.generator.configuration import MINIMAL_CONFIG
from driftloop.config import load_config
from driftloop.contract.resource_names import ResourceNames
from infra.alarms.definition import AlarmContext
from infra.alarms.table import model_alarms
config = load_config(MINIMAL_CONFIG + "    retraining: {max_rejected_challengers: 7}")
context = AlarmContext(ResourceNames("main"), "churn", config.models["churn"])
alarms = {alarm.kind: alarm for alarm in model_alarms(context)}
print(alarms["challengers-rejected"].condition.threshold)
"""
    assert run(project, "-c", code).strip() == "7"
