"""The golden set: evaluation rows that never change and that no model is trained on."""

import heapq
import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from driftloop.contract.s3_keys import golden_set
from driftloop.errors import InputError
from pipelines.steps.s3 import get, put_if_absent
from pipelines.steps.step_environment import StepSettings
from pipelines.steps.tables import read_table, row_keys

GOLDEN_SHARE = 0.05
MAX_GOLDEN_ROWS = 2000
"""Maximum number of rows; more rows would cost predictions without narrowing the interval much."""


def load_or_create_golden_set(
    s3: Any, bucket: str, settings: StepSettings, training_data: pd.DataFrame, folder: Path
) -> pd.DataFrame:
    """The model's golden set, which is also written to ``golden.csv`` in ``folder``.

    The first execution selects rows of the training data by their hash and writes them to the
    bucket. All later executions, and concurrent ones, use the object in the bucket.
    """
    key = golden_set(settings.model)
    content = get(s3, bucket, key)
    if content is None:
        selected = _select_rows(training_data, settings)
        content = put_if_absent(s3, bucket, key, _to_csv(selected, settings))
    _check_columns(content, settings, f"s3://{bucket}/{key}")
    target = folder / "golden.csv"
    target.write_bytes(content)
    return read_table(target, settings.schema)


def drop_golden_rows(
    table: pd.DataFrame, golden: pd.DataFrame, settings: StepSettings
) -> pd.DataFrame:
    """The rows of ``table`` that are not in the golden set."""
    golden_keys = set(row_keys(golden, settings.schema))
    keys = row_keys(table, settings.schema)
    is_kept = np.array([key not in golden_keys for key in keys], dtype=bool)
    return table[is_kept].reset_index(drop=True)


def _select_rows(table: pd.DataFrame, settings: StepSettings) -> pd.DataFrame:
    unique = table.drop_duplicates([*settings.schema.names, settings.schema.target])
    keys = row_keys(unique, settings.schema, f"golden of {settings.model}")
    count = min(MAX_GOLDEN_ROWS, round(len(unique) * GOLDEN_SHARE))
    smallest = heapq.nsmallest(count, range(len(keys)), key=keys.__getitem__)
    return unique.iloc[sorted(smallest)]


def _to_csv(table: pd.DataFrame, settings: StepSettings) -> bytes:
    text = io.StringIO()
    columns = [*settings.schema.names, settings.schema.target]
    table[columns].to_csv(text, index=False, lineterminator="\n")
    return text.getvalue().encode()


def _check_columns(content: bytes, settings: StepSettings, uri: str) -> None:
    header = pd.read_csv(io.BytesIO(content), nrows=0).columns
    missing = [n for n in (*settings.schema.names, settings.schema.target) if n not in header]
    if missing:
        raise InputError(
            f"{uri} has no column {', '.join(missing)}: it was created with an earlier schema."
            " Move the object away; the next execution creates a new golden set from training_data"
        )
