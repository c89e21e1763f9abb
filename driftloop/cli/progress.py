"""A bar on standard error while files are read, where a person is looking."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from driftloop.cli.places import Found, open_file


def opened(files: Iterable[Found]) -> Iterator[tuple[str, BinaryIO]]:
    """Each file by its name, open while it is read; the bar moves on by whole files."""
    files = list(files)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=console, transient=True, disable=_unseen(console)
    ) as progress:
        total = sum(file.size for file in files)
        task = progress.add_task(f"reading {len(files):,} files", total=total)
        for file in files:
            with open_file(file.place) as stream:
                yield file.name, stream
            progress.advance(task, file.size)


def _unseen(console: Console) -> bool:
    return not console.is_terminal
