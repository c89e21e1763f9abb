"""Evidently: the metric of its data drift preset for each column, with its defaults.

A report draws charts, which takes most of its time. So the days are decided by the statistical
tests that a report chooses and calls; on the first of them both must agree. The cost of a day is
that of a report with the preset.
"""

from typing import Any

import pandas as pd
from days import Task, run
from evidently import DataDefinition, Dataset, Report
from evidently.legacy.calculations.stattests import get_stattest
from evidently.presets import DataDriftPreset


def drifted(task: Task) -> dict[str, list[str]]:
    """Columns with drift, by batch, as a report finds them."""
    definition = DataDefinition(
        numerical_columns=task.numeric, categorical_columns=task.categorical
    )
    report = Report([DataDriftPreset()])
    reference = Dataset.from_pandas(task.reference[task.columns], data_definition=definition)
    found = {}
    for key, rows in task.batches.items():
        current = Dataset.from_pandas(rows[task.columns], data_definition=definition)
        # the first metric is the number of columns with drift
        metrics = report.run(current, reference).dict()["metrics"][1:]
        found[key] = sorted(one["config"]["column"] for one in metrics if _has_drifted(one))
    return found


def _has_drifted(metric: dict[str, Any]) -> bool:
    value, threshold = float(metric["value"]), float(metric["config"]["threshold"])
    return value < threshold if "p_value" in metric["config"]["method"] else value >= threshold


def drifted_by_tests(task: Task) -> dict[str, list[str]]:
    """Columns with drift, by batch, by the tests alone."""
    found: dict[str, list[str]] = {}
    for key, rows in task.batches.items():
        found[key] = []
        for name in task.columns:
            kind = "num" if name in task.numeric else "cat"
            reference, current = task.reference[name].dropna(), rows[name].dropna()
            # a report refuses a column without values, which is noticed
            if current.empty or _is_drift(reference, current, kind):
                found[key].append(name)
        found[key].sort()
    return found


def _is_drift(reference: pd.Series, current: pd.Series, kind: str) -> bool:
    test = get_stattest(reference, current, kind, None)
    return bool(test(reference, current, kind, None).drifted)


if __name__ == "__main__":
    run(drifted_by_tests, by_column=True, slow=drifted)
