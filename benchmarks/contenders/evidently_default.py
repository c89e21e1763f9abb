"""Evidently's data drift preset with its defaults."""

import sys

from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset
from frames import CATEGORICAL, read_both


def main(folder: str) -> None:
    """Print the share of drifted columns of the preset."""
    reference_frame, current_frame = read_both(folder)
    names = list(reference_frame.columns)
    definition = DataDefinition(
        numerical_columns=names[:-CATEGORICAL], categorical_columns=names[-CATEGORICAL:]
    )
    datasets = [
        Dataset.from_pandas(frame, data_definition=definition)
        for frame in (current_frame, reference_frame)
    ]
    result = Report([DataDriftPreset()]).run(*datasets)
    print(result.dict()["metrics"][0]["value"])


if __name__ == "__main__":
    main(sys.argv[1])
