"""The floor: read all bytes, and decode each line typed into the fields that the job uses.

No analysis of captures can be faster without a faster JSON parser than msgspec's. The struct is
written down here again, rather than imported, so that the floor stays where it is when the
project's own reader changes.
"""

import sys
from pathlib import Path

import msgspec

_BLOCK = 1 << 18


class _Side(msgspec.Struct, gc=False):
    data: str | None = None
    encoding: str | None = None
    observedContentType: str | None = None  # noqa: N815  (SageMaker's name)


class _Sides(msgspec.Struct, gc=False):
    endpointInput: _Side | None = None  # noqa: N815
    endpointOutput: _Side | None = None  # noqa: N815


class _Metadata(msgspec.Struct, gc=False):
    eventId: str | None = None  # noqa: N815
    inferenceId: str | None = None  # noqa: N815
    inferenceTime: str | None = None  # noqa: N815


class _Record(msgspec.Struct, gc=False):
    captureData: _Sides  # noqa: N815
    eventMetadata: _Metadata  # noqa: N815
    eventVersion: str | int | float | None = None  # noqa: N815


def decode_all(folder: Path) -> int:
    """Decode every line below a folder; returns how many there were."""
    decode = msgspec.json.Decoder(_Record).decode_lines
    count = 0
    for path in sorted(folder.rglob("*.jsonl")):
        with path.open("rb") as file:
            rest = b""
            while block := file.read(_BLOCK):
                whole, _, rest = (rest + block).rpartition(b"\n")
                count += len(decode(whole))
            count += len(decode(rest))
    return count


if __name__ == "__main__":
    print(decode_all(Path(sys.argv[1])))
