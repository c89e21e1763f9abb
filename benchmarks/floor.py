"""The lower bound: read all bytes, and decode each line into the fields that an analysis uses.

An analysis that decodes every line can't be faster without a faster JSON parser than msgspec. The
structs are repeated here, not imported, so that the bound does not change with the project's
reader.
"""

import sys
from pathlib import Path

import msgspec

_BLOCK = 1 << 18


class _Payload(msgspec.Struct, gc=False):
    data: str | None = None
    encoding: str | None = None
    observedContentType: str | None = None  # noqa: N815  (SageMaker's name)


class _Payloads(msgspec.Struct, gc=False):
    endpointInput: _Payload | None = None  # noqa: N815
    endpointOutput: _Payload | None = None  # noqa: N815


class _Metadata(msgspec.Struct, gc=False):
    eventId: str | None = None  # noqa: N815
    inferenceId: str | None = None  # noqa: N815
    inferenceTime: str | None = None  # noqa: N815


class _Record(msgspec.Struct, gc=False):
    captureData: _Payloads  # noqa: N815
    eventMetadata: _Metadata  # noqa: N815
    eventVersion: str | int | float | None = None  # noqa: N815


def decode_all(folder: Path) -> int:
    """Decode every line of the files in a folder; returns the number of lines."""
    decode = msgspec.json.Decoder(_Record).decode_lines
    count = 0
    for path in sorted(folder.rglob("*.jsonl")):
        with path.open("rb") as file:
            incomplete = b""
            while block := file.read(_BLOCK):
                complete, _, incomplete = (incomplete + block).rpartition(b"\n")
                count += len(decode(complete))
            count += len(decode(incomplete))
    return count


if __name__ == "__main__":
    print(decode_all(Path(sys.argv[1])))
