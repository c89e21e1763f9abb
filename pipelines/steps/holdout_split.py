"""Splits rows into training rows and holdout rows."""

import numpy as np
import pandas as pd

from driftloop.schema import Schema
from pipelines.steps.tables import TIME, row_keys

KEY_RANGE = 2.0**64
"""Number of possible row keys, which are unsigned 64-bit integers."""


def split(
    table: pd.DataFrame, schema: Schema, holdout_share: float, seed: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training rows and holdout rows.

    The holdout is the newest ``holdout_share`` of the rows that have a time. Where no row has a
    time, the hash of a row decides: the holdout is always the same, and equal rows are on the same
    side.
    """
    is_timed = table[TIME].notna().to_numpy()
    if not is_timed.any():
        keys = np.array(row_keys(table, schema, seed), dtype=np.float64)
        is_held_out = keys < holdout_share * KEY_RANGE
        return _reindexed(table[~is_held_out]), _reindexed(table[is_held_out])
    ordered = table[is_timed].sort_values(TIME, kind="stable")
    training_rows = len(ordered) - round(len(ordered) * holdout_share)
    training = pd.concat([table[~is_timed], ordered.iloc[:training_rows]])
    return _reindexed(training), _reindexed(ordered.iloc[training_rows:])


def _reindexed(table: pd.DataFrame) -> pd.DataFrame:
    return table.reset_index(drop=True)
