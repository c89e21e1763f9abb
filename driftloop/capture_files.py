"""Captured files of a folder: one variant, each content once, read as record batches.

A folder of captures may hold several variants of an endpoint. A shadow variant's predictions reach
no client, so variants are never mixed: one is analyzed at a time. Files that repeat another file's
content are read once, as in the deployed analysis. While files are read, a progress bar is shown on
standard error if that is a terminal.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import BinaryIO

from driftloop.capture import ReadBatch, deduplicate_entities, read_capture
from driftloop.capture.deduplication import deduplicate_objects
from driftloop.capture.lines import Line, read_lines
from driftloop.errors import InputError
from driftloop.payload_mapping import DETECTED, PayloadMapping
from driftloop.schema import Entity, Schema
from driftloop.storage import FileEntry, list_files, open_file
from driftloop.window import HOUR, Window

MAX_NAMED = 10
"""Variants that an error message names."""

MAX_NAMED_DUPLICATES = 5
"""Files that a note names."""

_CHUNK_BYTES = 1 << 20
"""Bytes that are read at once where two files are compared: bounds memory, not speed."""


@dataclass(frozen=True, slots=True)
class CapturedBatches:
    """The captured records of a folder as record batches; each iteration reads the files again.

    Attributes:
        files: The files that are read, in the order of their names.
        duplicates: Files that repeat the content of one of ``files``; they are not read.
        schema: Features in payload order, and the prediction.
        window: Only records with an ``inferenceTime`` in it are used; None for all records.
        mapping: Where the values are in requests and responses, beyond what is detected.
        entity: Of each entity only the first record in time is used; None for all records.
        attribute: Key of a custom attribute whose values the batches have as ``entities``, of all
            records; None for none, or for that of ``entity``.
    Example:
        >>> import driftloop as dl
        >>> baseline = dl.Baseline.fit(dl.load_example()[0])
        >>> files = dl.write_example("rentals")
        >>> batches = dl.read_capture("rentals/captured", baseline)
        >>> len(batches.files), sum(len(batch) for batch, line_counts in batches)
        (5, 500)
    """

    files: tuple[FileEntry, ...]
    duplicates: tuple[FileEntry, ...]
    schema: Schema
    window: Window | None = None
    mapping: PayloadMapping = DETECTED
    entity: Entity | None = None
    attribute: str | None = None

    def __iter__(self) -> Iterator[ReadBatch]:
        return deduplicate_entities(self.entity, self._read)

    def __repr__(self) -> str:
        size = sum(file.size for file in self.files)
        files = "1 file" if len(self.files) == 1 else f"{len(self.files):,} files"
        return f"<CapturedBatches of {files}, {size:,} bytes>"

    @property
    def notes(self) -> list[str]:
        """What a reader of a report on these records must know."""
        if not self.files:
            return ["There are no files to read: check the folder or prefix of the captures."]
        if not self.duplicates:
            return []
        names = ", ".join(file.name for file in self.duplicates[:MAX_NAMED_DUPLICATES])
        if len(self.duplicates) == 1:
            return [f"1 file repeats the content of another file and is skipped: {names}."]
        count = len(self.duplicates)
        return [f"{count:,} files repeat the content of other files and are skipped: {names}."]

    def find_line(self, name: str, number: int) -> Line | None:
        """A line of a file by its number from 1; None if there is none, or it is too long.

        Args:
            name: The name of one of ``files``.
            number: The number of the line.
        """
        file = next((file for file in self.files if file.name == name), None)
        if file is None:
            return None
        with open_file(file.uri) as stream:
            for lines in read_lines(stream):
                first = lines.number if isinstance(lines, Line) else lines.first
                count = 1 if isinstance(lines, Line) else lines.data.count(b"\n") + 1
                if first <= number < first + count:
                    return lines if isinstance(lines, Line) else lines.lines()[number - first]
        return None

    def _read(self, _is_first_pass: bool) -> Iterator[ReadBatch]:
        entity, attribute = self.entity, self.attribute
        if entity is not None and entity.attribute:
            attribute = entity.name
        return read_capture(
            open_files(self.files),
            self.schema,
            window=self.window,
            mapping=self.mapping,
            attribute=attribute,
        )


def open_capture(
    uri: str,
    schema: Schema,
    *,
    window: Window | None = None,
    variant: str | None = None,
    mapping: PayloadMapping = DETECTED,
    entity: Entity | None = None,
    attribute: str | None = None,
    only_hours: bool = False,
) -> CapturedBatches:
    """List the captured files of a folder, file or S3 prefix; they are read when iterated.

    Raises InputError where the folder does not exist, or holds several variants and ``variant``
    chooses none of them. With ``only_hours``, files in the folders of hours that are not near the
    window are left out.
    """
    chosen = select_variant(list_files(uri), variant, uri)
    if only_hours and window is not None:
        chosen = [file for file in chosen if _may_hold(file.name, window)]
    files, duplicates = deduplicate_objects(chosen, size=lambda file: file.size, read=read_chunks)
    return CapturedBatches(
        tuple(files), tuple(duplicates), schema, window, mapping, entity, attribute
    )


def select_variant(files: list[FileEntry], variant: str | None, uri: str) -> list[FileEntry]:
    """The files of a ``variant`` (``variant`` or ``endpoint/variant``), or all files for None.

    Raises InputError where files of several variants are left, or none.
    """
    chosen = files
    if variant is not None:
        chosen = [file for file in files if _is_variant(variant, variant_name(file.name))]
    names = sorted({name for file in chosen if (name := variant_name(file.name))})
    if variant is not None and not chosen:
        raise InputError(
            f"{uri}: there are no captures of a variant {variant!r}; {_known_variants(files)}"
        )
    if len(names) > 1:
        raise InputError(
            f"{uri}: captures of {len(names)} variants ({_list_names(names)}), whose predictions"
            " differ: choose one with --variant (variant= in Python)"
        )
    return chosen


def variant_name(file: str) -> str | None:
    """``<endpoint>/<variant>`` of SageMaker's ``…/<endpoint>/<variant>/yyyy/mm/dd/hh/<file>``.

    ``<variant>`` alone where the folder that was listed is the endpoint's; None for other names.
    """
    parts = PurePosixPath(file).parts
    hours = parts[-5:-1]
    if len(parts) < 6 or not all(part.isdigit() for part in hours) or len(hours[0]) != 4:
        return None
    return "/".join(parts[-7:-5])


def _may_hold(name: str, window: Window) -> bool:
    """Whether a file's folder ``yyyy/mm/dd/hh`` is of an hour of the window, or of a neighbor.

    A file is started in the hour of its first record, and may be completed in the next one. Files
    in other folders may hold any hour.
    """
    if variant_name(name) is None:
        return True
    year, month, day, hour = (int(part) for part in PurePosixPath(name).parts[-5:-1])
    try:
        start = datetime(year, month, day, hour, tzinfo=UTC)
    except ValueError:
        return True
    return window.start - HOUR <= start < window.end + HOUR


def open_files(files: Iterable[FileEntry]) -> Iterator[tuple[str, BinaryIO]]:
    """Each file's name and stream, which is open until the next file is requested."""
    return _with_progress([*files]) if sys.stderr.isatty() else _open_files(files)


def _is_variant(wanted: str, name: str | None) -> bool:
    return name is not None and wanted in (name, name.rpartition("/")[2])


def _known_variants(files: list[FileEntry]) -> str:
    names = sorted({name for file in files if (name := variant_name(file.name))})
    if not names:
        return "its files lie in no variant's folder (endpoint/variant/yyyy/mm/dd/hh)"
    return f"there are {_list_names(names)}"


def _list_names(names: list[str]) -> str:
    rest = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _open_files(files: Iterable[FileEntry]) -> Iterator[tuple[str, BinaryIO]]:
    for file in files:
        with open_file(file.uri) as stream:
            yield file.name, stream


def _with_progress(files: list[FileEntry]) -> Iterator[tuple[str, BinaryIO]]:
    """The same with a progress bar, which advances by whole files."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True
    ) as progress:
        total = sum(file.size for file in files)
        task = progress.add_task(f"reading {len(files):,} files", total=total)
        for file, (name, stream) in zip(files, _open_files(files), strict=True):
            yield name, stream
            progress.advance(task, file.size)


def read_chunks(file: FileEntry) -> Iterator[bytes]:
    """The content of a file in blocks."""
    with open_file(file.uri) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk
