"""The architecture is a lint: a misplaced file or import fails here."""

import configparser
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_import_follows_the_layers() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_top_level_package_is_checked_by_the_lint() -> None:
    lint = configparser.ConfigParser()
    lint.read(ROOT / ".importlinter")
    packages = set(lint["importlinter"]["root_packages"].split())
    outside = {"tests", "benchmarks", "examples", "requirements", "docs"}
    listing = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    folders = {line.split("/")[0] for line in listing.stdout.splitlines() if "/" in line}
    assert folders - outside == packages
