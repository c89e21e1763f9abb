"""NannyML: univariate drift, missing and unseen values of daily chunks, with its defaults.

Its thresholds are the mean of the reference's daily chunks and three standard deviations of them.
"""

import warnings

import nannyml
import pandas as pd
from days import Task, run

# a fault lasts fewer days than NannyML expects of an analysis
warnings.filterwarnings("ignore", message="The resulting number of chunks is too low")


def drifted(task: Task) -> dict[str, list[str]]:
    """Columns with an alert, by batch."""
    chunks = {"timestamp_column_name": "time", "chunk_period": "D"}
    calculators = [
        nannyml.UnivariateDriftCalculator(
            column_names=task.columns, treat_as_categorical=task.categorical, **chunks
        ),
        nannyml.MissingValuesCalculator(column_names=task.columns, **chunks),
    ]
    if task.categorical:
        calculators.append(nannyml.UnseenValuesCalculator(column_names=task.categorical, **chunks))
    rows = pd.concat(task.batches.values(), ignore_index=True)
    keys = {f"{one['time'].min():%Y-%m-%d}": key for key, one in task.batches.items()}
    found: dict[str, set[str]] = {key: set() for key in task.batches}
    for calculator in calculators:
        result = calculator.fit(_naive(task.reference)).calculate(_naive(rows))
        alerts = result.filter(period="analysis").to_df()
        days = alerts.xs("start_date", axis=1, level=-1).iloc[:, 0]
        for column in [one for one in alerts.columns if one[-1] == "alert"]:
            for day, alert in zip(days, alerts[column], strict=True):
                if alert:
                    found[keys[f"{day:%Y-%m-%d}"]].add(column[0])
    return {key: sorted(names) for key, names in found.items()}


def _naive(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(time=rows["time"].dt.tz_localize(None))


if __name__ == "__main__":
    run(drifted, by_column=True)
