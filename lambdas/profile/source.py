"""Captured objects as open streams, one at a time."""

from collections.abc import Iterable, Iterator

from lambdas.aws.storage import Bucket

_PIECE = 1024 * 1024


def open_objects(capture: Bucket, keys: Iterable[str]) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Key and pieces of each object; none is held in memory whole."""
    for key in keys:
        body = capture.stream(key)
        with body:
            yield key, body.iter_chunks(_PIECE)
