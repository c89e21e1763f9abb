"""Folders to and from ``.tar.gz``, and to and from S3."""

import gzip
import io
import tarfile
from pathlib import Path

from rehearsal.sagemaker.protocols import Store


def unpack(data: bytes, folder: Path) -> None:
    """Unpack a tarball; members that would land outside ``folder`` raise tarfile.FilterError."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(folder, filter="data")


def pack(folder: Path) -> bytes:
    """The folder's content as a tarball: the same content gives the same bytes."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.add(path, str(path.relative_to(folder)), recursive=False, filter=_anonymous)
    return gzip.compress(raw.getvalue(), compresslevel=6, mtime=0)


def download(store: Store, uri: str, folder: Path) -> int:
    """Copy the object, or all objects below the prefix, into ``folder``; the number of files."""
    folder.mkdir(parents=True, exist_ok=True)
    found = [name for name in store.list(uri) if not name.endswith("/")]
    for name in found:
        relative = name.removeprefix(uri).lstrip("/") if name != uri else ""
        target = folder / (relative or name.rpartition("/")[2])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(store.get(name))
    return len(found)


def upload(store: Store, folder: Path, uri: str, *, kms_key: str | None = None) -> int:
    """Copy every file of ``folder`` below the prefix; the number of files."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        name = f"{uri.rstrip('/')}/{path.relative_to(folder).as_posix()}"
        store.put(name, path.read_bytes(), kms_key=kms_key)
    return len(files)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = 0
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
