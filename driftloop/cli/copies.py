"""Files that repeat another's content: each content is judged once, as in the deployed analysis."""

from collections.abc import Iterable, Iterator

from driftloop.capture.copies import without_copies
from driftloop.cli.places import Found, open_file

_PIECE = 1 << 20


def distinct(files: Iterable[Found]) -> tuple[list[Found], list[Found]]:
    """The first file of each content, and the copies."""
    return without_copies(files, size=lambda file: file.size, read=_pieces)


def _pieces(file: Found) -> Iterator[bytes]:
    with open_file(file.place) as stream:
        while piece := stream.read(_PIECE):
            yield piece
