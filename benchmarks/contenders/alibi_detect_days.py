"""Alibi Detect: its detector for tables of numbers and categories, with its defaults.

Kolmogorov-Smirnov and chi-square tests, corrected over the columns (Bonferroni). It takes no
missing values: they are the reference's median, and of categories one of their own.
"""

import numpy as np
import pandas as pd
from alibi_detect.cd import TabularDrift
from days import Task, run

P_VALUE = 0.05
NEW = -1.0
"""The code of categories that the reference does not have."""


def drifted(task: Task) -> dict[str, list[str]]:
    """Columns with a p-value below the corrected threshold, by batch."""
    medians = task.reference[task.numeric].median()
    codes = {
        name: {
            value: float(code) for code, value in enumerate(_text(task.reference[name]).unique())
        }
        for name in task.categorical
    }

    def matrix(rows: pd.DataFrame) -> np.ndarray:
        numbers = rows[task.numeric].fillna(medians).to_numpy(np.float64)
        categories = [_text(rows[name]).map(codes[name]).fillna(NEW) for name in task.categorical]
        return np.column_stack([numbers, *categories]).astype(np.float32)

    first = len(task.numeric)
    categorical = {first + index: None for index in range(len(task.categorical))}
    detector = TabularDrift(
        matrix(task.reference), p_val=P_VALUE, categories_per_feature=categorical
    )
    found = {}
    for key, rows in task.batches.items():
        result = detector.predict(matrix(rows))["data"]
        # of the whole batch: the p-value already divided by the number of features
        is_drifted = result["p_val"] < result["threshold"]
        found[key] = [name for name, one in zip(task.columns, is_drifted, strict=True) if one]
    return found


def _text(values: pd.Series) -> pd.Series:
    return values.fillna("(missing)")


if __name__ == "__main__":
    run(drifted, by_column=False)
