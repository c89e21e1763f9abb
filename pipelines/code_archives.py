"""Archives of the code that runs in the pipeline's containers; equal files give equal bytes.

The steps are a zip file that Python runs (``python3 steps.zip curate …``). A family's training code
is the flat tar.gz that SageMaker's training toolkit extracts.
"""

import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from pipelines.families import get_family

ROOT = Path(__file__).parent.parent
EXCLUDED = ("cli", "html", "report", "config")
"""Packages that no step needs. ``html`` and ``config`` require libraries that the images lack."""


def steps_files() -> dict[str, Path]:
    """Name in the steps' archive, and file. Infra adds the libraries that the images lack."""
    core = {
        path.relative_to(ROOT).as_posix(): path
        for path in sorted((ROOT / "driftloop").rglob("*.py"))
        if path.relative_to(ROOT / "driftloop").parts[0] not in EXCLUDED
    }
    steps = {
        path.relative_to(ROOT).as_posix(): path
        for path in sorted((ROOT / "pipelines" / "steps").glob("*.py"))
    }
    return {
        "__main__.py": ROOT / "pipelines" / "steps" / "__main__.py",
        "pipelines/__init__.py": ROOT / "pipelines" / "__init__.py",
        **core,
        **steps,
    }


def family_files(family: str) -> dict[str, Path]:
    """Name in a family's training archive, and file."""
    return get_family(family).files()


def write_zip(files: Mapping[str, Path], target: Path) -> Path:
    """Write a zip archive atomically and return ``target``; equal files give equal bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(f".{os.getpid()}.draft")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name].read_bytes())
    return draft.rename(target)


def write_tar_gz(files: Mapping[str, Path], target: Path) -> Path:
    """Write a tar.gz archive and return ``target``; equal files give equal bytes."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(files):
            content = files[name].read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(content))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(plain.getvalue(), mtime=0))
    return target
