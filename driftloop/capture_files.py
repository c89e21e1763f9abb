"""Captures of several variants in one folder: each answers for itself; one at a time is judged.

A bar on standard error while files are read, where a person is looking.

Files that repeat another's content: each content is judged once, as in the deployed analysis.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from driftloop.capture.deduplication import deduplicate_objects
from driftloop.errors import InputError
from driftloop.storage import FileEntry, open_file

MAX_NAMED = 10
"""Variants that an error message names."""


def select_variant(files: list[FileEntry], wanted: str | None, place: str) -> list[FileEntry]:
    """The files of the variant that is ``wanted`` (``variant`` or ``endpoint/variant``).

    Where none is, all files. Raises InputError where that leaves several variants, of which one
    may be a shadow that nobody was answered by, or where it leaves none.
    """
    chosen = files
    if wanted is not None:
        chosen = [file for file in files if _is(wanted, variant_of(file.name))]
    left = sorted({variant for file in chosen if (variant := variant_of(file.name))})
    if wanted is not None and not chosen:
        raise InputError(f"{place}: there are no captures of a variant {wanted!r}; {_there(files)}")
    if len(left) > 1:
        raise InputError(
            f"{place}: captures of {len(left)} variants ({_named(left)}), which answer differently:"
            " choose one with --variant"
        )
    return chosen


def variant_of(name: str) -> str | None:
    """``<endpoint>/<variant>`` of SageMaker's ``…/<endpoint>/<variant>/yyyy/mm/dd/hh/<file>``.

    Where the folder that was given is the endpoint's, it is ``<variant>`` alone.
    """
    parts = PurePosixPath(name).parts
    hours = parts[-5:-1]
    if len(parts) < 6 or not all(part.isdigit() for part in hours) or len(hours[0]) != 4:
        return None
    return "/".join(parts[-7:-5])


def _is(wanted: str, variant: str | None) -> bool:
    return variant is not None and wanted in (variant, variant.rpartition("/")[2])


def _there(files: list[FileEntry]) -> str:
    known = sorted({variant for file in files if (variant := variant_of(file.name))})
    if not known:
        return "its files lie in no variant's folder (endpoint/variant/yyyy/mm/dd/hh)"
    return f"there are {_named(known)}"


def _named(variants: list[str]) -> str:
    rest = len(variants) - MAX_NAMED
    return ", ".join(variants[:MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def opened(files: Iterable[FileEntry]) -> Iterator[tuple[str, BinaryIO]]:
    """Each file by its name, open while it is read."""
    return _watched([*files]) if sys.stderr.isatty() else _opened(files)


def _opened(files: Iterable[FileEntry]) -> Iterator[tuple[str, BinaryIO]]:
    for file in files:
        with open_file(file.uri) as stream:
            yield file.name, stream


def _watched(files: list[FileEntry]) -> Iterator[tuple[str, BinaryIO]]:
    """The same, and the bar moves on by whole files."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True
    ) as progress:
        total = sum(file.size for file in files)
        task = progress.add_task(f"reading {len(files):,} files", total=total)
        for file, (name, stream) in zip(files, _opened(files), strict=True):
            yield name, stream
            progress.advance(task, file.size)


_PIECE = 1 << 20


def distinct(files: Iterable[FileEntry]) -> tuple[list[FileEntry], list[FileEntry]]:
    """The first file of each content, and the copies."""
    return deduplicate_objects(files, size=lambda file: file.size, read=_pieces)


def _pieces(file: FileEntry) -> Iterator[bytes]:
    with open_file(file.uri) as stream:
        while piece := stream.read(_PIECE):
            yield piece
