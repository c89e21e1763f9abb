"""Byte code for the Lambda packages, compiled by a Python of the runtime's version.

``/var/task`` is read-only: without byte code each cold start compiles every module again. Byte code
depends on the Python version alone, not on the platform (PEP 3147: the magic number).
"""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from aws_cdk import Annotations
from constructs import IConstruct

WARNING = "driftloop:byte-code"
"""The ID of the warning, which CDK appends to its text."""

IMPORT_FACTOR = "1.3 to 2.4"
"""CPU time of a function's imports without byte code, times that with it (docs/benchmarks.md)."""


def uv() -> str:
    """Return the path of the installed uv, which is beside the running Python."""
    return str(Path(sys.executable).with_name("uv"))


@cache
def find_interpreter(version: str) -> str | None:
    """Return the path of a Python of that version; uv installs one if there is none that starts.

    uv's own settings decide whether it may download: ``UV_PYTHON_DOWNLOADS``, ``UV_OFFLINE``,
    ``uv.toml``.
    """
    command = [uv(), "run", "--quiet", "--no-project", "--python", version, "--", "python"]
    # Without a network a synthesis should not wait for retries. A shim of pyenv starts a version
    # only if it is selected.
    variables = {"UV_HTTP_RETRIES": "0", **os.environ, "PYENV_VERSION": version}
    result = subprocess.run(  # noqa: S603  (fixed arguments)
        [*command, "-I", "-c", "import sys; print(sys.executable)"],
        env=variables,
        capture_output=True,
        check=False,
        text=True,
    )
    return result.stdout.strip() if result.returncode == 0 else None


def precompile(folder: Path, python: str) -> None:
    """Add byte code that Python loads without checking the source (PEP 552: unchecked hashes).

    The default check compares modification times, which a zip file does not keep exactly. The same
    interpreter compiles the same sources to the same bytes: no path and no hash seed is in them.
    """
    options = ["--invalidation-mode", "unchecked-hash", "-q", "-s", str(folder)]
    command = [python, "-m", "compileall", *options, str(folder)]
    environment = {"PYTHONHASHSEED": "0"}
    subprocess.run(command, env=environment, check=True)  # noqa: S603  (fixed arguments)


def warn_if_missing(scope: IConstruct, version: str) -> None:
    """Add a warning to the synthesis if the packages cannot have byte code."""
    if find_interpreter(version) is None:
        Annotations.of(scope).add_warning_v2(WARNING, missing(version))


def missing(version: str) -> str:
    """Return what it means that there is no Python of the runtime's version, and what to do."""
    return (
        f"The Lambda packages have NO BYTE CODE: this machine has no Python {version} that starts, "
        f"and uv could not install one. Every cold start compiles all imports again, which takes "
        f"{IMPORT_FACTOR} times the CPU time (docs/benchmarks.md#cold-starts). A deployment from "
        f"here replaces packages with byte code that another machine deployed. Run "
        f"`.venv/bin/uv python install {version}`, which shows why it fails, or install Python "
        f"{version} by any other means; then synthesize again."
    )
