"""Files that repeat another's content: each content is judged once, as in the deployed analysis."""

from collections.abc import Iterable, Iterator

from driftloop.capture.copies import deduplicate_objects
from driftloop.cli.places import FileEntry, open_file

_PIECE = 1 << 20


def distinct(files: Iterable[FileEntry]) -> tuple[list[FileEntry], list[FileEntry]]:
    """The first file of each content, and the copies."""
    return deduplicate_objects(files, size=lambda file: file.size, read=_pieces)


def _pieces(file: FileEntry) -> Iterator[bytes]:
    with open_file(file.uri) as stream:
        while piece := stream.read(_PIECE):
            yield piece
