"""The wheel holds the library and the command line, and nothing of the infrastructure."""

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_the_tracked_files_of_driftloop_and_its_metadata(
    wheel: zipfile.ZipFile,
) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "driftloop"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    tracked = {name for name in listed.stdout.split() if (ROOT / name).exists()}
    files = {name for name in wheel.namelist() if not name.endswith("/")}
    metadata = {name for name in files if name.startswith("driftloop-0.1.0.dist-info/")}
    assert files - metadata == tracked
    assert {name.partition("/")[2] for name in metadata} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
    }


def test_the_wheel_is_typed_and_brings_its_templates(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    assert "driftloop/py.typed" in names
    assert "driftloop/html/templates/report.html.j2" in names


def test_the_wheel_requires_no_aws_package_unless_asked_to(wheel: zipfile.ZipFile) -> None:
    text = wheel.read("driftloop-0.1.0.dist-info/METADATA").decode()
    required = Parser().parsestr(text).get_all("Requires-Dist") or []
    assert [name for name in required if "extra" not in name] == [
        "jinja2",
        "msgspec",
        "narwhals>=2",
        "numpy",
        "pandas",
        "pyarrow",
        "pydantic>=2",
        "pyyaml",
        "rich",
        "scipy",
        "typer",
        "tzdata",
    ]
    assert [name for name in required if "extra" in name] == ["boto3; extra == 'aws'"]
