"""Objects that repeat another's content: each content is judged once, whatever it is named."""

from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def deduplicate_objects(
    objects: Iterable[T], *, size: Callable[[T], int], read: Callable[[T], Iterable[bytes]]
) -> tuple[list[T], list[T]]:
    """The first object of each content, and the copies, each in the order given.

    Only objects whose size (in bytes) another one has are read for it, piece by piece; an empty
    object is nobody's copy.
    """
    objects = list(objects)
    sizes = Counter(size(item) for item in objects)
    seen: set[tuple[int, bytes]] = set()
    chosen: list[T] = []
    copies: list[T] = []
    for item in objects:
        if not size(item) or sizes[size(item)] == 1:
            chosen.append(item)
            continue
        content = (size(item), _digest(read(item)))
        (copies if content in seen else chosen).append(item)
        seen.add(content)
    return chosen, copies


def _digest(pieces: Iterable[bytes]) -> bytes:
    digest = blake2b(digest_size=16)
    for piece in pieces:
        digest.update(piece)
    return digest.digest()
