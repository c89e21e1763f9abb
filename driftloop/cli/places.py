"""Files and folders, local or on S3, by one spelling: a path, or ``s3://bucket/key``."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from driftloop.cli import s3
from driftloop.cli.errors import as_input_error
from driftloop.errors import InputError


class FileEntry(NamedTuple):
    """A file of a folder: its name within, its size in bytes, the place to open."""

    name: str
    size: int
    uri: str


def read_bytes(place: str) -> bytes:
    """A file's content; raises InputError where there is none."""
    if s3.is_uri(place):
        return s3.read_bytes(place)
    with as_input_error(place):
        return Path(place).read_bytes()


def write_bytes(place: str, data: bytes) -> None:
    """Write a file whole or not at all, its folders made where needed."""
    if s3.is_uri(place):
        s3.write_bytes(place, data)
        return
    path = Path(place)
    with as_input_error(place):
        if path.is_dir():
            raise IsADirectoryError(place)
        _make_folder(path.parent)
        scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            scratch.write_bytes(data)
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)


def open_file(place: str) -> BinaryIO:
    """A file to read bit by bit; the caller closes it."""
    if s3.is_uri(place):
        return s3.open_object(place)
    with as_input_error(place):
        return Path(place).open("rb")


def list_files(place: str) -> list[FileEntry]:
    """All files below a folder (or the one file), in the order of their names.

    Hidden files are left out: editors, file managers and downloads leave them behind.
    """
    if s3.is_uri(place):
        return [FileEntry(name, size, uri) for name, size, uri in s3.list_objects(place)]
    root = Path(place)
    if root.is_file():
        return [FileEntry(root.name, root.stat().st_size, place)]
    if not root.is_dir():
        raise InputError(f"{place}: there is no such folder")
    with as_input_error(place):
        return sorted(_walk(root))


def exists(place: str) -> bool:
    """Whether a local file is there; what is on S3 is not asked for."""
    return s3.is_uri(place) or Path(place).is_file()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        file = next(part for part in (folder, *folder.parents) if part.exists())
        raise InputError(
            f"{file} is a file, so nothing can be written below it: name another folder"
        ) from error


def _walk(root: Path) -> Iterator[FileEntry]:
    for folder, folders, files in os.walk(root, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = Path(folder, name)
            if not name.startswith(".") and path.is_file():
                size = path.stat().st_size
                yield FileEntry(path.relative_to(root).as_posix(), size, str(path))


def _raise(error: OSError) -> None:
    raise error
