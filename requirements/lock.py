"""Renew the lock files: `make lock`.

A lock names versions and hashes, never where they come from. Each is compiled for the Python that
will run it: the checkout's, Lambda's, the SageMaker images'.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PYTHON_OF = {
    "dev": "3.11",
    "bootstrap": "3.11",
    "profile": "3.13",
    "analysis": "3.13",
    "control": "3.13",
    "steps": "3.12",
}
IMAGES = ("images/sklearn", "images/xgboost")
"""The packages of AWS's images, all of them with their versions: there is nothing to resolve."""


def lock(name: str, python: str, *more_options: str) -> None:
    """Compile ``<name>.in`` to ``<name>.txt``; raises CalledProcessError where it fails."""
    uv = Path(sys.executable).with_name("uv")
    source, target = HERE / f"{name}.in", HERE / f"{name}.txt"
    options = ["--universal", "--generate-hashes", "--no-header", "--quiet", "--upgrade"]
    subprocess.run(
        [
            uv,
            "pip",
            "compile",
            *options,
            *more_options,
            "--python-version",
            python,
            str(source.relative_to(HERE.parent)),
            "-o",
            str(target.relative_to(HERE.parent)),
        ],
        cwd=HERE.parent,
        check=True,
        stdout=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    for name, python in PYTHON_OF.items():
        lock(name, python)
    for name in IMAGES:
        lock(name, "3.12", "--no-deps")
