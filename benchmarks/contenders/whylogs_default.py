"""whylogs' profiles, and its drift scores with their defaults."""

import sys

import whylogs
from frames import read_both
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores


def main(folder: str) -> None:
    """Print how many columns are scored as drifted."""
    reference_frame, current_frame = read_both(folder)
    views = [whylogs.log(pandas=frame).view() for frame in (current_frame, reference_frame)]
    scores = calculate_drift_scores(*views, with_thresholds=True)
    print(sum(bool(s) and s["drift_category"] == "DRIFT" for s in scores.values()))


if __name__ == "__main__":
    main(sys.argv[1])
