"""The check of a stored baseline without numpy agrees with the decoder that reads it."""

import zlib

import pytest

from driftloop.errors import FormatError
from driftloop.file_format import (
    BASELINE_VERSION,
    SEASONALITY_VERSION,
    check_baseline,
    decode_prefix,
    encode,
)

BODY = bytes(range(256)) * 20_000  # more than one chunk, compressed and decompressed
OWN = encode("baseline", BASELINE_VERSION, BODY)
HOURS = encode("seasonality", SEASONALITY_VERSION, b"hours")


@pytest.mark.parametrize("data", [OWN, OWN + HOURS], ids=["alone", "with hours"])
def test_an_undamaged_baseline_passes(data):
    check_baseline(data)
    assert decode_prefix("baseline", BASELINE_VERSION, data) == (BODY, data[len(OWN) :])


@pytest.mark.parametrize(
    "data",
    [
        OWN[:-1],
        OWN[:-1] + bytes([OWN[-1] ^ 1]),
        HOURS,
        encode("baseline", BASELINE_VERSION + 1, BODY),
        b"",
        OWN + HOURS[:-1],
        OWN + encode("seasonality", SEASONALITY_VERSION + 1, b"hours"),
        OWN + OWN,
    ],
    ids=["cut", "checksum", "kind", "version", "empty", "hours cut", "hours version", "twice"],
)
def test_a_damaged_one_does_not(data):
    with pytest.raises(FormatError):
        check_baseline(data)


def test_a_checksum_is_compared_over_many_chunks_of_incompressible_bytes():
    # A stream of 3 MiB of stored (uncompressed) blocks, as zlib writes them at level 0.
    noise = b"".join(zlib.crc32(n.to_bytes(4, "big")).to_bytes(4, "big") for n in range(786_432))
    head = OWN.partition(b"\n")[0] + b"\n"
    data = head + zlib.compress(noise, 0)
    check_baseline(data + HOURS)
    with pytest.raises(FormatError, match="damaged"):
        check_baseline(data[:-1] + bytes([data[-1] ^ 1]) + HOURS)
