"""Files that repeat another's content: each content is judged once, as in the deployed analysis."""

from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b

from driftloop.cli.places import Found, open_file

_BLOCK = 1 << 20


def without_copies(files: Iterable[Found]) -> tuple[list[Found], list[Found]]:
    """The first file of each content, and the copies; an empty file is nobody's copy.

    Only files whose size another one has are read for it.
    """
    files = list(files)
    sizes = Counter(file.size for file in files)
    seen: set[tuple[int, bytes]] = set()
    chosen: list[Found] = []
    copies: list[Found] = []
    for file in files:
        if not file.size or sizes[file.size] == 1:
            chosen.append(file)
            continue
        content = (file.size, _digest(file.place))
        (copies if content in seen else chosen).append(file)
        seen.add(content)
    return chosen, copies


def _digest(place: str) -> bytes:
    digest = blake2b(digest_size=16)
    with open_file(place) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.digest()
