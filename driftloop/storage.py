"""Files and folders, local or on S3, by one spelling: a path, or ``s3://bucket/key``.

S3 for the command line; boto3 is loaded when a place is on S3, and not before.

What goes wrong outside of the core, told as the core tells it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from driftloop.errors import InputError


class FileEntry(NamedTuple):
    """A file of a folder: its name within, its size in bytes, the place to open."""

    name: str
    size: int
    uri: str


def read_bytes(place: str) -> bytes:
    """A file's content; raises InputError where there is none."""
    if is_uri(place):
        return read_bytes_s3(place)
    with as_input_error(place):
        return Path(place).read_bytes()


def write_bytes(place: str, data: bytes) -> None:
    """Write a file whole or not at all, its folders made where needed."""
    if is_uri(place):
        write_bytes_s3(place, data)
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
    if is_uri(place):
        return open_object(place)
    with as_input_error(place):
        return Path(place).open("rb")


def list_files(place: str) -> list[FileEntry]:
    """All files below a folder (or the one file), in the order of their names.

    Hidden files are left out: editors, file managers and downloads leave them behind.
    """
    if is_uri(place):
        return [FileEntry(name, size, uri) for name, size, uri in list_objects(place)]
    root = Path(place)
    if root.is_file():
        return [FileEntry(root.name, root.stat().st_size, place)]
    if not root.is_dir():
        raise InputError(f"{place}: there is no such folder")
    with as_input_error(place):
        return sorted(_walk(root))


def exists(place: str) -> bool:
    """Whether a local file is there; what is on S3 is not asked for."""
    return is_uri(place) or Path(place).is_file()


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


_SCHEME = "s3://"


def is_uri(place: str) -> bool:
    """Whether the place is on S3."""
    return place.startswith(_SCHEME)


def read_bytes_s3(uri: str) -> bytes:
    """An object's content."""
    bucket, key = _parts(uri)
    with _told_about(uri):
        return cast(bytes, _client().get_object(Bucket=bucket, Key=key)["Body"].read())


def open_object(uri: str) -> BinaryIO:
    """An object's content as a stream."""
    bucket, key = _parts(uri)
    with _told_about(uri):
        return cast(BinaryIO, _client().get_object(Bucket=bucket, Key=key)["Body"])


def write_bytes_s3(uri: str, data: bytes) -> None:
    """Put an object."""
    bucket, key = _parts(uri)
    with _told_about(uri):
        _client().put_object(Bucket=bucket, Key=key, Body=data)


def caller_arn() -> str:
    """ARN of whoever's credentials these are."""
    with _told_about("sts:GetCallerIdentity"):
        return str(_client("sts").get_caller_identity()["Arn"])


def list_objects(uri: str) -> list[tuple[str, int, str]]:
    """Objects below a prefix: name within, size in bytes, URI; in the order of their keys."""
    bucket, prefix = _parts(uri if uri.endswith("/") else f"{uri}/", key_needed=False)
    found = []
    with _told_about(uri):
        pages = _client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for item in page.get("Contents", []):
                name = item["Key"].removeprefix(prefix)
                if name and not name.endswith("/"):
                    found.append((name, item["Size"], f"{_SCHEME}{bucket}/{item['Key']}"))
    return found


def _parts(uri: str, *, key_needed: bool = True) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix(_SCHEME).partition("/")
    if not bucket or (key_needed and not key):
        raise InputError(f"{uri}: an S3 place is written s3://bucket/key")
    return bucket, key


def _client(service: str = "s3") -> Any:
    try:
        import boto3
    except ImportError as error:
        raise InputError("places on S3 need boto3: install driftloop[aws]") from error
    return boto3.client(service)  # type: ignore[call-overload]


@contextmanager
def _told_about(uri: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise InputError(f"{uri}: {error}") from error


@contextmanager
def as_input_error(what: str) -> Iterator[None]:
    """Turn an error of the file system into an InputError that names ``what``."""
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{what}: there is no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{what}: this is a folder, a file is needed") from error
    except OSError as error:
        raise InputError(f"{what}: {error.strerror or error}") from error
