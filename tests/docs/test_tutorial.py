"""The tutorial's examples run in their order, in an empty folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from driftloop.example import _CONFIG

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def shell_environment(tmp_path: Path) -> dict[str, str]:
    """A shell in which ``python`` and ``driftloop`` are those of this checkout."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, module in (
        ("python", ""),
        ("driftloop", " -c 'from driftloop.cli.main import main; main()'"),
    ):
        script = commands / name
        script.write_text(f'#!/bin/sh\nexec {sys.executable}{module} "$@"\n')
        script.chmod(0o755)
    path = f"{commands}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}


def test_every_example_of_the_tutorial_runs(
    tmp_path: Path,
    shell_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    names: dict[str, object] = {}
    shell = ""
    for language, text in BLOCKS:
        if language == "python":
            exec(compile(text, "docs/tutorial.md", "exec"), names)  # noqa: S102  (our own page)
        elif language == "sh" and not text.startswith("pip install"):
            # one shell session: a block is run in the folder that the earlier ones changed to
            subprocess.run(
                ["bash", "-e", "-c", shell + text],
                check=True,
                env=shell_environment,
                capture_output=True,
            )
            shell += "".join(re.findall(r"^cd .*\n", text, re.MULTILINE))
    printed = capsys.readouterr().out
    assert printed.startswith("drifted\n('temp', 'station')\n2.")
    for file in ("drift.html", "captured.html", "rentals/report.html", "rentals/calibration.html"):
        assert "<!doctype html>" in (work / file).read_text(encoding="utf-8"), file


def test_the_configuration_of_the_tutorial_is_the_one_of_the_example() -> None:
    assert _CONFIG in [text for language, text in BLOCKS if language == "yaml"]
