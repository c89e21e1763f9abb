"""Label files of a folder: read once each, with the hour in which they were collected."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from driftloop.capture_files import read_chunks
from driftloop.errors import InputError
from driftloop.labels.resolved import LabelSource, ResolvedLabels, read_resolved_labels
from driftloop.profile.date_parts import HOUR_SECONDS
from driftloop.storage import FileEntry, list_files

_HOUR = re.compile(r"(?:^|/)(\d{4})/(\d{2})/(\d{2})/(\d{2})/[^/]*$")
"""The folders of an hour, as SageMaker's ground truth and driftloop's bucket have them."""


def read_label_files(uri: str, *, until: datetime | None = None) -> ResolvedLabels:
    """The labels of all files in a folder or S3 prefix, of each request the last one.

    Args:
        uri: Folder, file or S3 prefix.
        until: Files that were collected later are left out.

    Raises:
        InputError: The folder does not exist, holds no file, or no line of it has a label.
    """
    files = list_files(uri)
    if not files:
        raise InputError(
            f"{uri}: there is no label file; name the folder of files in JSON Lines, as"
            " `model/yyyy/mm/dd/hh/labels.jsonl` (docs/performance.md)"
        )
    end = float("inf") if until is None else until.timestamp()
    resolved = read_resolved_labels(
        source for source in _sources(files) if not source.collected > end
    )
    if not len(resolved):
        raise InputError(
            f"{uri}: none of the lines of {len(files):,} files is a label. A line has the form"
            ' {"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {"eventId":'
            ' "ID"}, "eventVersion": "0"}'
        )
    return resolved


def collection_time(name: str) -> float:
    """Epoch seconds at the end of the hour in whose folder a file is; NaN for other folders.

    Example:
        >>> collection_time("churn/2026/04/18/07/a.jsonl") - collection_time("2026/04/18/06/a")
        3600.0
    """
    match = _HOUR.search(name)
    if match is None:
        return float("nan")
    year, month, day, hour = map(int, match.groups())
    try:
        start = datetime(year, month, day, hour, tzinfo=UTC)
    except ValueError:
        return float("nan")
    return start.timestamp() + HOUR_SECONDS


def _sources(files: list[FileEntry]) -> Iterator[LabelSource]:
    for file in files:
        yield LabelSource(file.name, collection_time(file.name), read_chunks(file))
