"""Which rows train, which are held out."""

import numpy as np
import pandas as pd

from driftloop.schema import Schema
from pipelines.steps.tables import TIME, row_keys

WHOLE = 2.0**64


def split(
    table: pd.DataFrame, schema: Schema, share: float, seed: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and holdout rows. The newest ``share`` of the rows with a time is held out.

    Where no row has a time, the rows' own hashes choose: always the same ones, and equal rows
    together.
    """
    timed = table[TIME].notna().to_numpy()
    if not timed.any():
        keys = np.array(row_keys(table, schema, seed), dtype=np.float64)
        held = keys < share * WHOLE
        return _renumbered(table[~held]), _renumbered(table[held])
    ordered = table[timed].sort_values(TIME, kind="stable")
    kept = len(ordered) - round(len(ordered) * share)
    training = pd.concat([table[~timed], ordered.iloc[:kept]])
    return _renumbered(training), _renumbered(ordered.iloc[kept:])


def _renumbered(table: pd.DataFrame) -> pd.DataFrame:
    return table.reset_index(drop=True)
