"""The Python environments of AWS's images, and what a machine needs to run them as SageMaker does.

An environment has the packages of ``requirements/images/<image>.txt``. It is made once, below
``build/images``, by the one worker that runs the file of its tests.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements" / "images"
ENVIRONMENTS = ROOT / "build" / "images"

CONTAINER_FOLDER = Path("/opt/ml")
"""SageMaker's folder in every container; each job gets an empty one in its mount namespace."""

INSTALL_SECONDS = 900


def isolation_command() -> list[str]:
    """The command that runs another one in a network and a mount namespace of its own."""
    options = ["--net", "--mount", "--fork", "--kill-child"]
    if os.geteuid() != 0:
        options = ["--user", "--map-root-user", *options]
    return ["unshare", *options]


def find_missing() -> str | None:
    """What this machine lacks, None if it has everything."""
    if find_python() is None:
        return (
            "there is no Python 3.12, which the images have: name one in PYTHON312, or install"
            " python3.12 or pyenv's 3.12"
        )
    if shutil.which("unshare") is None:
        return "there is no command `unshare` (util-linux), which takes the network away"
    if not CONTAINER_FOLDER.exists():
        try:
            CONTAINER_FOLDER.mkdir(parents=True)
        except OSError:
            return f"there is no folder {CONTAINER_FOLDER}: make an empty one"
    mount = ["mount", "-t", "tmpfs", "tmpfs", str(CONTAINER_FOLDER)]
    probe = subprocess.run(
        [*isolation_command(), *mount], capture_output=True, text=True, check=False
    )
    if probe.returncode != 0:
        return f"this user has no right to make namespaces: {probe.stderr.strip()}"
    return None


def find_python() -> str | None:
    """A Python 3.12: $PYTHON312, else one on the path, else pyenv's newest."""
    candidates = [os.environ.get("PYTHON312"), shutil.which("python3.12")]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates += map(str, sorted(pyenv.glob("versions/3.12.*/bin/python3.12"), reverse=True))
    return next((path for path in candidates if path and _is_python312(path)), None)


def _is_python312(path: str) -> bool:
    """Whether it runs: a shim of pyenv exists without its version."""
    command = [path, "-c", "import sys, venv; sys.exit(sys.version_info[:2] != (3, 12))"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def install_image(image: str) -> Path:
    """The Python of the image's environment; made if it does not exist or is not up to date.

    Raises:
        CalledProcessError: The packages can't be installed, for instance without a network.
    """
    folder, lock = ENVIRONMENTS / image, REQUIREMENTS / f"{image}.txt"
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    _install(folder, lock)
    return folder / "bin" / "python"


def _install(folder: Path, lock: Path) -> None:
    installed = folder / "installed.txt"
    if installed.exists() and installed.read_text() == lock.read_text():
        return
    uv, python = Path(sys.executable).with_name("uv"), find_python()
    _run(uv, "venv", "--clear", "--python", python, folder)
    options = ["--no-deps", "--require-hashes", "--python", folder / "bin" / "python"]
    _run(uv, "pip", "install", *options, "--requirement", lock)
    _patch_toolkit(folder)
    installed.write_text(lock.read_text())


def _run(*command: object) -> None:
    # the output is not captured: pytest shows it if the command fails
    subprocess.run([str(part) for part in command], check=True, timeout=INSTALL_SECONDS)


def _patch_toolkit(folder: Path) -> None:
    """The one change that the images' Dockerfiles make to the code of sagemaker-containers.

    Source: aws/deep-learning-containers, docker/sklearn/1.9-0/Dockerfile and docker/xgboost.
    """
    [module] = folder.glob("lib/python3.12/site-packages/sagemaker_containers/_mapping.py")
    text = module.read_text()
    module.write_text(text.replace("collections.Mapping", "collections.abc.Mapping"))
