"""NannyML's univariate drift with its defaults."""

import sys

import nannyml
from frames import CATEGORICAL, both


def main(folder: str) -> None:
    """Print how many alarms the calculator raises on the captures."""
    before, now = both(folder)
    names = list(before.columns)
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=names, treat_as_categorical=names[-CATEGORICAL:]
    )
    result = calculator.fit(before).calculate(now).filter(period="analysis").to_df()
    print(int(result.xs("alert", axis=1, level=-1).to_numpy().sum()))


if __name__ == "__main__":
    main(sys.argv[1])
