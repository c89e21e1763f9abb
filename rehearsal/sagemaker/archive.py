"""Folders packed as ``.tar.gz``, and copied to and from S3."""

import gzip
import io
import tarfile
from pathlib import Path

from rehearsal.sagemaker.protocols import StoreProtocol


def unpack(data: bytes, folder: Path) -> None:
    """Unpack a tarball; a member outside ``folder`` raises tarfile.FilterError."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(folder, filter="data")


def pack(folder: Path) -> bytes:
    """Pack a folder's content as a tarball; the same content gives the same bytes."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.add(
                path, str(path.relative_to(folder)), recursive=False, filter=_without_owner_and_time
            )
    return gzip.compress(raw.getvalue(), compresslevel=6, mtime=0)


def download(store: StoreProtocol, uri: str, folder: Path) -> int:
    """Copy an object, or all objects under a prefix, to ``folder``; returns the number of files."""
    folder.mkdir(parents=True, exist_ok=True)
    object_uris = [each for each in store.list(uri) if not each.endswith("/")]
    for object_uri in object_uris:
        relative = object_uri.removeprefix(uri).lstrip("/") if object_uri != uri else ""
        target = folder / (relative or object_uri.rpartition("/")[2])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(store.get(object_uri))
    return len(object_uris)


def upload(store: StoreProtocol, folder: Path, uri: str, *, kms_key: str | None = None) -> int:
    """Copy every file of ``folder`` to an S3 prefix; returns the number of files."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        object_uri = f"{uri.rstrip('/')}/{path.relative_to(folder).as_posix()}"
        store.put(object_uri, path.read_bytes(), kms_key=kms_key)
    return len(files)


def _without_owner_and_time(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = 0
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
