"""NannyML's univariate drift with its defaults."""

import sys

import nannyml
from frames import CATEGORICAL, read_both


def main(folder: str) -> None:
    """Print the number of alerts on the captures."""
    reference_frame, current_frame = read_both(folder)
    names = list(reference_frame.columns)
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=names, treat_as_categorical=names[-CATEGORICAL:]
    )
    result = (
        calculator.fit(reference_frame).calculate(current_frame).filter(period="analysis").to_df()
    )
    print(int(result.xs("alert", axis=1, level=-1).to_numpy().sum()))


if __name__ == "__main__":
    main(sys.argv[1])
