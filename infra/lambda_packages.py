"""Lambda packages, built without Docker: a zip of the project's code and of locked wheels.

The same inputs result in the same bytes. A package is rebuilt only after one of its inputs changed.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.code_archives import steps_files, write_tar_gz, write_zip

Target = Literal["aws", "host"]
"""``aws``: code and libraries for Lambda's Python on arm64. ``host``: code without libraries."""

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "packages"
FORMAT = "1"
"""Part of every cache key: increase it when the build procedure changes."""


@dataclass(frozen=True, slots=True)
class Platform:
    """The platform that libraries are installed for: uv's platform name and the Python version."""

    name: str
    python: str


LAMBDA = Platform("aarch64-manylinux_2_28", "3.13")
CONTAINER = Platform("x86_64-manylinux_2_28", "3.12")
"""SageMaker's scikit-learn and XGBoost images."""


@dataclass(frozen=True, slots=True)
class LambdaPackage:
    """The content of one function's package: a lock file's name and the source folders."""

    name: str
    lock: str
    sources: tuple[str, ...]


def function_package(name: str) -> LambdaPackage:
    """Return the package of the function in ``lambdas/<name>``."""
    lock = {"profile": "profile", "detect": "analysis"}.get(name, "control")
    return LambdaPackage(
        name, lock, ("driftloop", "lambdas/__init__.py", "lambdas/aws", f"lambdas/{name}")
    )


def build(package: LambdaPackage, target: Target) -> Path:
    """Build the zip of ``package`` for ``target``.

    Raises:
        CalledProcessError: A wheel does not exist for the platform.
    """
    files = dict(_source_files(package.sources))
    if target == "aws":
        libraries = install(package.lock)
        files |= {str(path.relative_to(libraries)): path for path in _files(libraries)}
    path = BUILD / f"{package.name}-{target}-{_digest(files)}.zip"
    if not path.exists():
        write_zip(files, path)
    return path


def steps_package(target: Target) -> Path:
    """Build the zip that the pipeline's containers run, with libraries missing in their images."""
    files = steps_files()
    if target == "aws":
        libraries = install("steps", CONTAINER)
        files = files | {str(path.relative_to(libraries)): path for path in _files(libraries)}
    path = BUILD / f"steps-{target}-{_digest(files)}.zip"
    if not path.exists():
        write_zip(files, path)
    return path


def training_package(files: dict[str, Path]) -> Path:
    """Build the tar.gz of a family's scripts, as SageMaker's training toolkit unpacks it."""
    path = BUILD / f"family-{_digest(files)}.tar.gz"
    return path if path.exists() else write_tar_gz(files, path)


def install(lock: str, platform: Platform = LAMBDA) -> Path:
    """Install the libraries of a lock file for ``platform`` once; return their folder."""
    requirements = ROOT / "requirements" / f"{lock}.txt"
    python = find_interpreter(platform.python)
    key = f"{FORMAT}{platform}{python is None}{requirements.read_text(encoding='utf-8')}"
    folder = BUILD / "libraries" / f"{lock}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Concurrent syntheses install into separate folders; the first to finish is kept.
    with tempfile.TemporaryDirectory(dir=folder.parent, suffix=".draft") as draft:
        ready = Path(draft) / "ready"
        _uv_install(requirements, ready, platform)
        _trim(ready)
        if python is not None:
            precompile(ready, python)
        try:
            ready.rename(folder)
        except OSError:
            if not folder.exists():
                raise
    return folder


def _uv_install(requirements: Path, folder: Path, platform: Platform) -> None:
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--python-platform", platform.name, "--python-version", platform.python]
    command += ["--only-binary", ":all:", "--link-mode", "copy"]
    command += ["--target", str(folder), "-r", str(requirements)]
    subprocess.run(command, check=True, cwd=ROOT)  # noqa: S603  (fixed arguments, the project's lock file)


def _trim(folder: Path) -> None:
    """Remove tests and scripts; keep ``numpy/f2py``, which scipy imports."""
    for path in sorted(folder.rglob("tests")):
        shutil.rmtree(path, ignore_errors=True)
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for path in folder.glob(".lock"):
        path.unlink()


def find_interpreter(version: str) -> str | None:
    """Return the path of a Python of that version, or None if there is none that starts."""
    path = shutil.which(f"python{version}")
    if path is None:
        return None
    result = subprocess.run([path, "--version"], capture_output=True, check=False)  # noqa: S603
    return path if result.returncode == 0 else None


def precompile(folder: Path, python: str) -> None:
    """Add byte code that Python loads without checking the source: imports are 2.7 times faster.

    It needs an interpreter of the runtime's version: Python ignores byte code of another version.
    """
    options = ["--invalidation-mode", "unchecked-hash", "-q", "-s", str(folder), "-p", "/var/task"]
    command = [python, "-m", "compileall", *options, str(folder)]
    subprocess.run(command, check=True)  # noqa: S603  (fixed arguments, a folder created here)


def _source_files(sources: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    for source in sources:
        path = ROOT / source
        for file in [path] if path.is_file() else _files(path):
            if "__pycache__" not in file.parts:
                yield str(file.relative_to(ROOT)), file


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path


def _digest(files: dict[str, Path]) -> str:
    digest = hashlib.sha256(FORMAT.encode())
    for name, path in sorted(files.items()):
        digest.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def write_text(name: str, text: str) -> Path:
    """Write a generated file for an asset; its name holds the content's hash. Return its path."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    stem, _, suffix = name.rpartition(".")
    path = BUILD.parent / "assets" / f"{stem}-{digest}.{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
