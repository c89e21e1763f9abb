"""Evidently's data drift preset with its defaults."""

import sys

from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset
from frames import CATEGORICAL, both


def main(folder: str) -> None:
    """Print what the preset says of the share of drifted columns."""
    before, now = both(folder)
    names = list(before.columns)
    definition = DataDefinition(
        numerical_columns=names[:-CATEGORICAL], categorical_columns=names[-CATEGORICAL:]
    )
    sides = [Dataset.from_pandas(frame, data_definition=definition) for frame in (now, before)]
    result = Report([DataDriftPreset()]).run(*sides)
    print(result.dict()["metrics"][0]["value"])


if __name__ == "__main__":
    main(sys.argv[1])
