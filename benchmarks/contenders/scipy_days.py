"""scipy: Kolmogorov-Smirnov and chi-square tests, corrected over the columns.

Benjamini and Hochberg's correction at 5%. Missing numbers are excluded; missing categories are one.
"""

import pandas as pd
from days import Task, run
from scipy import stats

RATE = 0.05


def drifted(task: Task) -> dict[str, list[str]]:
    """Columns with a significant change, by batch."""
    found = {}
    for key, rows in task.batches.items():
        p_values = [_kolmogorov_smirnov(task.reference[n], rows[n]) for n in task.numeric]
        p_values += [_chi_square(task.reference[n], rows[n]) for n in task.categorical]
        adjusted = stats.false_discovery_control(p_values)
        found[key] = [name for name, p in zip(task.columns, adjusted, strict=True) if p < RATE]
    return found


def _kolmogorov_smirnov(reference: pd.Series, current: pd.Series) -> float:
    reference, current = reference.dropna(), current.dropna()
    if reference.empty or current.empty:
        return 1.0
    return float(stats.ks_2samp(reference, current, method="asymp").pvalue)


def _chi_square(reference: pd.Series, current: pd.Series) -> float:
    counts = [values.value_counts(dropna=False) for values in (reference, current)]
    table = pd.concat(counts, axis=1).fillna(0).to_numpy().T
    return float(stats.chi2_contingency(table).pvalue)


if __name__ == "__main__":
    run(drifted, by_column=False)
