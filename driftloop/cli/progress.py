"""A bar on standard error while files are read, where a person is looking."""

import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from driftloop.cli.places import FileEntry, open_file


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
