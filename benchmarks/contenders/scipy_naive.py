"""scipy, as one would write it down: Kolmogorov-Smirnov and chi-square, column by column."""

import sys

import pandas as pd
from frames import CATEGORICAL, both
from scipy import stats


def main(folder: str) -> None:
    """Print how many columns have p < 0.05."""
    before, now = both(folder)
    values = {}
    for name in before.columns[:-CATEGORICAL]:
        values[name] = stats.ks_2samp(before[name].dropna(), now[name].dropna()).pvalue
    for name in before.columns[-CATEGORICAL:]:
        counts = pd.concat([before[name].value_counts(), now[name].value_counts()], axis=1)
        values[name] = stats.chi2_contingency(counts.fillna(0).to_numpy().T).pvalue
    print(sum(value < 0.05 for value in values.values()))


if __name__ == "__main__":
    main(sys.argv[1])
