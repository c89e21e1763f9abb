"""Files and folders by URI: a local path, or ``s3://bucket/key``.

The one module of the library that reads and writes files. boto3 is imported when a URI is on S3,
not before, so local files need no AWS package. Errors of the file system and of S3 are raised as
:class:`~driftloop.errors.InputError` with the URI in front.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from driftloop.errors import InputError, UnreachableError
from driftloop.s3_uri import SCHEME, is_s3_uri, parse_s3_uri

_OVERTAKEN = "somebody else wrote this file meanwhile; repeat the command to read it again"
_OVERTAKEN_CODES = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})

Uri = str | os.PathLike[str]
"""A local path or ``s3://bucket/key``, as the public functions take it."""


_BUFFER_BYTES = 1 << 18
"""Bytes of an S3 object that are requested at once, at least."""

_ABSENT = frozenset({"404", "NoSuchKey", "NoSuchBucket"})
"""Codes of S3's errors of an absent object (Amazon S3 API reference, "Error responses"). HeadObject
has no body, and its code is the HTTP status."""


class FileEntry(NamedTuple):
    """A file of a folder: its name relative to the folder, its size in bytes, its URI."""

    name: str
    size: int
    uri: str


def uri_text(uri: Uri) -> str:
    """A URI as text; raises InputError where it is empty, or neither text nor a path."""
    if not isinstance(uri, str | os.PathLike):
        raise InputError(
            f"{uri!r} is no path: give a local path, or s3://bucket/key, as a string or a Path"
        )
    text = os.fspath(uri)
    if not text:
        raise InputError("the path is empty: give a local path, or s3://bucket/key")
    return text


def read_bytes(uri: str) -> bytes:
    """A file's content; raises InputError where the file is missing or can't be read."""
    if is_s3_uri(uri):
        return _read_object(uri)
    with as_input_error(uri):
        return Path(uri).read_bytes()


def write_bytes(uri: str, data: bytes) -> None:
    """Write a file atomically, and create its folders where needed."""
    if is_s3_uri(uri):
        _write_object(uri, data)
        return
    path = Path(uri)
    with as_input_error(uri):
        if path.is_dir():
            raise IsADirectoryError(uri)
        _make_folder(path.parent)
        scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            scratch.write_bytes(data)
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)


class StoredContent(NamedTuple):
    """A file's content, and for an object on S3 its ETag: that of one write."""

    data: bytes
    etag: str | None


def find_content(uri: str) -> StoredContent | None:
    """A file's content; None where it does not exist."""
    if not is_s3_uri(uri):
        return StoredContent(read_bytes(uri), None) if Path(uri).exists() else None
    from botocore.exceptions import ClientError

    bucket, key = parse_s3_uri(uri)
    client = _client()
    with _aws_error_as_input_error(uri):
        try:
            response = client.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        return StoredContent(response["Body"].read(), response["ETag"])


def write_unchanged(uri: str, data: bytes, found: StoredContent | None) -> None:
    """Write a file that is as ``found``; raises InputError if somebody else wrote it meanwhile.

    Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes": 412 if
    the ETag differs, 409 if another write is in progress, 404 if the object is gone.
    """
    if not is_s3_uri(uri):
        if find_content(uri) != found:
            raise InputError(f"{uri}: {_OVERTAKEN}")
        write_bytes(uri, data)
        return
    from botocore.exceptions import ClientError

    bucket, key = parse_s3_uri(uri)
    client = _client()
    condition = {"IfNoneMatch": "*"} if found is None else {"IfMatch": found.etag}
    with _aws_error_as_input_error(uri):
        try:
            client.put_object(Bucket=bucket, Key=key, Body=data, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] in _OVERTAKEN_CODES:
                raise InputError(f"{uri}: {_OVERTAKEN}") from error
            raise


def open_file(uri: str) -> BinaryIO:
    """A file as a binary stream; the caller closes it."""
    if is_s3_uri(uri):
        return _open_object(uri)
    with as_input_error(uri):
        return Path(uri).open("rb")


def open_seekable(uri: str) -> BinaryIO:
    """A file as a seekable stream, for reading parts of it; the caller closes it.

    Raises:
        UnreachableError: AWS refused the request, or could not be reached.
        InputError: There is no such file.
    """
    if is_s3_uri(uri):
        return cast(BinaryIO, io.BufferedReader(_S3Object(uri), _BUFFER_BYTES))
    with as_input_error(uri):
        return Path(uri).open("rb")


def list_files(uri: str) -> list[FileEntry]:
    """All files below a folder or S3 prefix, or the one file, sorted by name.

    Hidden local files are skipped: editors, file managers and downloads leave them behind. Raises
    InputError where a local folder does not exist.
    """
    if is_s3_uri(uri):
        return _list_objects(uri)
    root = Path(uri)
    if root.is_file():
        return [FileEntry(root.name, root.stat().st_size, uri)]
    if not root.is_dir():
        raise InputError(f"{uri}: there is no such folder")
    with as_input_error(uri):
        return sorted(_walk(root))


def has_file(uri: str) -> bool:
    """Whether a local file exists; a URI on S3 counts as existing and is not requested."""
    return is_s3_uri(uri) or Path(uri).is_file()


def caller_arn() -> str:
    """ARN of the AWS credentials in use."""
    client = _client("sts")
    with _aws_error_as_input_error("sts:GetCallerIdentity"):
        return str(client.get_caller_identity()["Arn"])


@contextmanager
def named(uri: Uri) -> Iterator[None]:
    """Put the URI in front of the message of an InputError about a file's content, once."""
    try:
        yield
    except InputError as error:
        prefix = f"{os.fspath(uri)}: "
        if str(error).startswith(prefix):
            raise
        raise type(error)(f"{prefix}{error}") from error


@contextmanager
def as_input_error(uri: str) -> Iterator[None]:
    """Raise errors of the file system as InputError with the URI in front."""
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{uri}: there is no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{uri}: this is a folder, a file is needed") from error
    except OSError as error:
        raise InputError(f"{uri}: {error.strerror or error}") from error


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


def _read_object(uri: str) -> bytes:
    bucket, key = parse_s3_uri(uri)
    client = _client()
    with _aws_error_as_input_error(uri):
        return cast(bytes, client.get_object(Bucket=bucket, Key=key)["Body"].read())


def _open_object(uri: str) -> BinaryIO:
    bucket, key = parse_s3_uri(uri)
    client = _client()
    with _aws_error_as_input_error(uri):
        return cast(BinaryIO, client.get_object(Bucket=bucket, Key=key)["Body"])


def _write_object(uri: str, data: bytes) -> None:
    bucket, key = parse_s3_uri(uri)
    client = _client()
    with _aws_error_as_input_error(uri):
        client.put_object(Bucket=bucket, Key=key, Body=data)


def _list_objects(uri: str) -> list[FileEntry]:
    """The objects below a prefix; the object itself where the URI names one."""
    bucket, key = parse_s3_uri(uri, requires_key=False)
    folder = f"{key.rstrip('/')}/" if key else ""
    client = _client()
    with _aws_error_as_input_error(uri):
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder)
        items = [item for page in pages for item in page.get("Contents", [])]
        found = [
            FileEntry(name, item["Size"], f"{SCHEME}{bucket}/{item['Key']}")
            for item in items
            if (name := item["Key"].removeprefix(folder)) and not name.endswith("/")
        ]
        if not found and key and not key.endswith("/"):
            listing = client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
            found = [
                FileEntry(key.rpartition("/")[2], item["Size"], uri)
                for item in listing.get("Contents", [])
                if item["Key"] == key
            ]
    return found


def _client(service: str = "s3") -> Any:
    try:
        import boto3
    except ImportError as error:
        raise InputError(
            'boto3 is needed for s3:// and is not installed: pip install "driftloop[aws]"'
        ) from error
    return boto3.client(service)  # type: ignore[call-overload]


@contextmanager
def _aws_error_as_input_error(uri: str) -> Iterator[None]:
    # a caller that has a client has botocore
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise InputError(f"{uri}: {error}") from error


class _S3Object(io.RawIOBase):
    """An object of S3 as a stream, of which only the bytes that are read are requested."""

    def __init__(self, uri: str) -> None:
        self._uri, (self._bucket, self._key) = uri, parse_s3_uri(uri)
        self._client = _quick_client()
        self._position = 0
        with self._errors():
            head = self._client.head_object(Bucket=self._bucket, Key=self._key)
        self._size = int(head["ContentLength"])

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        end = min(self._position + len(buffer), self._size)
        if end <= self._position:
            return 0
        with self._errors():
            data: bytes = self._client.get_object(
                Bucket=self._bucket, Key=self._key, Range=f"bytes={self._position}-{end - 1}"
            )["Body"].read()
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            if str(error.response.get("Error", {}).get("Code")) in _ABSENT:
                raise InputError(f"{self._uri}: there is no such object") from error
            raise UnreachableError(f"{self._uri}: {error}") from error
        except BotoCoreError as error:
            raise UnreachableError(f"{self._uri}: {error}") from error


def _quick_client() -> Any:
    """A client of S3 that gives up soon; raises UnreachableError without boto3 or credentials."""
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise UnreachableError('boto3 is not installed: pip install "driftloop[aws]"') from error
    session = boto3.Session()
    if session.get_credentials() is None:
        raise UnreachableError("there are no AWS credentials")
    config = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 2})
    return session.client("s3", config=config)
