"""A simple analysis with scipy: Kolmogorov-Smirnov and chi-square tests, column by column."""

import sys

import pandas as pd
from frames import CATEGORICAL, read_both
from scipy import stats


def main(folder: str) -> None:
    """Print the number of columns with p < 0.05."""
    reference_frame, current_frame = read_both(folder)
    values = {}
    for name in reference_frame.columns[:-CATEGORICAL]:
        values[name] = stats.ks_2samp(
            reference_frame[name].dropna(), current_frame[name].dropna()
        ).pvalue
    for name in reference_frame.columns[-CATEGORICAL:]:
        counts = pd.concat(
            [reference_frame[name].value_counts(), current_frame[name].value_counts()], axis=1
        )
        values[name] = stats.chi2_contingency(counts.fillna(0).to_numpy().T).pvalue
    print(sum(value < 0.05 for value in values.values()))


if __name__ == "__main__":
    main(sys.argv[1])
