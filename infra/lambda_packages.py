"""Lambda packages, built without Docker: a zip of the project's code and of locked wheels.

The same inputs result in the same bytes. A package is rebuilt only after one of its inputs changed.

A package's file name ends in the hash of its inputs: the sources, the lock file, and whether there
is byte code. CDK uses the name as the hash of the asset, not the bytes of the zip file, which also
depend on the patch release of Python and on the version of zlib. So every machine with a Python of
the runtime's version deploys the same packages. A machine without one deploys others, with a
warning: if their hashes were equal, installing that Python would never have an effect on
what is deployed.
"""

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from infra.byte_code import find_interpreter, precompile, uv
from pipelines.code_archives import steps_files, write_tar_gz, write_zip

Target = Literal["aws", "host"]
"""``aws``: code and libraries for Lambda's Python on arm64. ``host``: code without libraries."""

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "packages"
FORMAT = "3"
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
    sources = dict(_source_files(package.sources))
    if target == "host":
        return _archive(f"{package.name}-host", sources)
    python = find_interpreter(LAMBDA.python)
    return _archive(f"{package.name}-aws", sources, install(package.lock, LAMBDA, python), python)


def steps_package(target: Target) -> Path:
    """Build the zip that the pipeline's containers run, with libraries missing in their images.

    It has no byte code: that saves 0.2 s of a job that takes minutes, and needs another Python.
    """
    libraries = install("steps", CONTAINER) if target == "aws" else None
    return _archive(f"steps-{target}", steps_files(), libraries)


def package_hash(package: Path) -> str:
    """Return what identifies a package's content; see the module's docstring."""
    return package.name.partition(".")[0]


def training_package(files: dict[str, Path]) -> Path:
    """Build the tar.gz of a family's scripts, as SageMaker's training toolkit unpacks it."""
    path = BUILD / f"family-{_digest(files)}.tar.gz"
    return path if path.exists() else write_tar_gz(files, path)


def install(lock: str, platform: Platform, python: str | None = None) -> Path:
    """Install the libraries of a lock file for ``platform`` once; return their folder.

    ``python`` adds byte code. The folder's name holds the hash of all this.
    """
    requirements = ROOT / "requirements" / f"{lock}.txt"
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
    command = [uv(), "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--python-platform", platform.name, "--python-version", platform.python]
    command += ["--only-binary", ":all:", "--link-mode", "copy"]
    command += ["--target", str(folder), "-r", str(requirements)]
    subprocess.run(command, check=True, cwd=ROOT)  # noqa: S603  (fixed arguments, the project's lock file)


def _trim(folder: Path) -> None:
    """Remove tests and scripts; keep ``numpy/f2py``, which scipy imports.

    The lists of installed files have hashes of the scripts, whose first line names the Python of
    this machine: with them a package would not have the same bytes on another machine.
    """
    for path in sorted(folder.rglob("tests")):
        shutil.rmtree(path, ignore_errors=True)
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for path in (*folder.glob(".lock"), *folder.glob("*.dist-info/RECORD")):
        path.unlink()


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


def _archive(
    name: str, sources: dict[str, Path], libraries: Path | None = None, python: str | None = None
) -> Path:
    """Zip sources and libraries; ``python`` adds the byte code of the sources."""
    path = BUILD / f"{name}-{_digest(sources, libraries)}.zip"
    if path.exists():
        return path
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD, suffix=".draft") as draft:
        files = sources if python is None else _compiled(sources, Path(draft), python)
        return write_zip(files | (_relative(libraries) if libraries else {}), path)


def _compiled(sources: dict[str, Path], folder: Path, python: str) -> dict[str, Path]:
    """Copy the sources to ``folder`` and return them with their byte code."""
    for name, source in sources.items():
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    precompile(folder, python)
    return _relative(folder)


def _relative(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in _files(folder)}


def _digest(files: dict[str, Path], libraries: Path | None = None) -> str:
    digest = hashlib.sha256(f"{FORMAT}{libraries.name if libraries else ''}".encode())
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
