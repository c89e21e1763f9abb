"""The stored form of outcomes: versioned, compressed, with a checksum."""

import msgspec

from driftloop.errors import FormatError
from driftloop.file_format import OUTCOMES_VERSION, decode, encode
from driftloop.outcomes.binary import BinaryOutcomes, StoredBinary
from driftloop.outcomes.multiclass import MulticlassOutcomes, StoredMulticlass
from driftloop.outcomes.regression import RegressionOutcomes, StoredRegression
from driftloop.profile.serialization import decode_struct

KIND = "outcomes"

Outcomes = BinaryOutcomes | MulticlassOutcomes | RegressionOutcomes
_Stored = StoredBinary | StoredMulticlass | StoredRegression


def outcomes_to_bytes(outcomes: Outcomes) -> bytes:
    """The stored form; equal counts give equal bytes."""
    return encode(KIND, OUTCOMES_VERSION, msgspec.msgpack.encode(outcomes.to_stored()))


def outcomes_from_bytes(data: bytes) -> Outcomes:
    """Read stored outcomes.

    Raises:
        FormatError: The bytes are no outcomes, have another version or are damaged.
    """
    stored: _Stored = decode_struct(KIND, decode(KIND, OUTCOMES_VERSION, data), _Stored)
    try:
        if isinstance(stored, StoredBinary):
            return BinaryOutcomes.from_stored(stored)
        if isinstance(stored, StoredMulticlass):
            return MulticlassOutcomes.from_stored(stored)
        return RegressionOutcomes.from_stored(stored)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise FormatError(f"these {KIND} are damaged: {error}") from error
