"""The golden set: rows that never change, and that no model is ever trained on."""

import heapq
import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from driftloop.contract.s3_keys import golden_set
from driftloop.errors import InputError
from pipelines.steps.s3 import get, put_once
from pipelines.steps.step_environment import StepSettings
from pipelines.steps.tables import read_table, row_keys

SHARE = 0.05
MAX_ROWS = 2000


def load_or_create_golden_set(
    s3: Any, bucket: str, settings: StepSettings, training_data: pd.DataFrame, folder: Path
) -> pd.DataFrame:
    """The model's golden set, also as ``golden.csv`` in ``folder``.

    Its first making chooses rows of the training data by their hash and writes them once; from
    then on, and in a retry, what lies in the bucket is what counts.
    """
    key = golden_set(settings.model)
    content = get(s3, bucket, key)
    if content is None:
        content = put_once(s3, bucket, key, _csv(_chosen(training_data, settings), settings))
    _check(content, settings, f"s3://{bucket}/{key}")
    target = folder / "golden.csv"
    target.write_bytes(content)
    return read_table(target, settings.schema)


def without(table: pd.DataFrame, golden: pd.DataFrame, settings: StepSettings) -> pd.DataFrame:
    """The rows that are not in the golden set."""
    known = set(row_keys(golden, settings.schema))
    keys = row_keys(table, settings.schema)
    kept = np.array([key not in known for key in keys], dtype=bool)
    return table[kept].reset_index(drop=True)


def _chosen(table: pd.DataFrame, settings: StepSettings) -> pd.DataFrame:
    unique = table.drop_duplicates([*settings.schema.names, settings.schema.target])
    keys = row_keys(unique, settings.schema, f"golden of {settings.model}")
    count = min(MAX_ROWS, round(len(unique) * SHARE))
    smallest = heapq.nsmallest(count, range(len(keys)), key=keys.__getitem__)
    return unique.iloc[sorted(smallest)]


def _csv(table: pd.DataFrame, settings: StepSettings) -> bytes:
    text = io.StringIO()
    columns = [*settings.schema.names, settings.schema.target]
    table[columns].to_csv(text, index=False, lineterminator="\n")
    return text.getvalue().encode()


def _check(content: bytes, settings: StepSettings, where: str) -> None:
    header = pd.read_csv(io.BytesIO(content), nrows=0).columns
    missing = [n for n in (*settings.schema.names, settings.schema.target) if n not in header]
    if missing:
        raise InputError(
            f"{where} has no column {', '.join(missing)}: it is of an earlier schema. Move it away,"
            " and the next run makes a new one from training_data"
        )
