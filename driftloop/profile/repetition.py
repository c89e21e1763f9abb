"""How often the rows of training data have the same values as another row.

A live window with many more equal records than that has been sent them again. Rows are compared by
the values that samples keep, of all columns but those that no two records share by nature (ids,
timestamps) and the ages of dates, which depend on the time of the request.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftloop.capture import RecordBatch
from driftloop.capture.event_ids import GOLDEN_RATIO, Hashes, mix
from driftloop.profile.columns import Binning, sample_values
from driftloop.schema import Schema


class Repetition(NamedTuple):
    """Rows, how many of them repeat an earlier one, and pairs of equal rows."""

    rows: int
    copies: int
    pairs: int


def compared_positions(
    schema: Schema, names: Sequence[str], excluded_features: Collection[str]
) -> list[int]:
    """Positions of the columns by which rows are compared.

    Args:
        schema: Knows which features are dates.
        names: The columns in their order.
        excluded_features: Columns that the screening of the training data excluded.
    """
    left_away = {*schema.age_columns, *excluded_features}
    return [position for position, name in enumerate(names) if name not in left_away]


def row_hashes(columns: Sequence[NDArray[np.float32]], rows: int) -> Hashes:
    """uint64[rows]: a hash of each row's values, float32[rows] of each column; equal for NaN."""
    hashes = np.zeros(rows, dtype=np.uint64)
    for column in columns:
        canonical = np.where(np.isnan(column), np.float32(np.nan), column + np.float32(0))
        bits = canonical.astype(np.float32).view(np.uint32).astype(np.uint64)
        hashes = mix(hashes + bits * np.uint64(GOLDEN_RATIO) + np.uint64(1))
    return hashes


def count_repetition(hashes: Hashes) -> Repetition:
    """Count equal rows."""
    _, counts = np.unique(hashes, return_counts=True)
    pairs = int((counts * (counts - 1) // 2).sum())
    return Repetition(len(hashes), len(hashes) - len(counts), pairs)


def training_repetition(
    batches: Sequence[RecordBatch],
    binnings: Mapping[str, Binning],
    excluded_features: Collection[str],
) -> Repetition:
    """Count the equal rows of training data.

    Args:
        batches: All training data, with the columns of dates.
        binnings: Binnings of the features.
        excluded_features: Columns that the screening excluded.
    """
    names = list(binnings)
    positions = compared_positions(batches[0].schema, names, excluded_features)
    hashes = [
        row_hashes(
            [
                sample_values(
                    binnings[names[position]],
                    batch.columns[names[position]],
                    np.arange(len(batch)),
                )
                for position in positions
            ],
            len(batch),
        )
        for batch in batches
    ]
    return count_repetition(np.concatenate(hashes))
