"""Measures scores of labeled predictions beside scikit-learn: `python -m benchmarks.scores`.

1,000,000 labeled rows with 20 segment columns of ten levels. driftloop counts them once, and
computes every score of all rows and of each segment from the counts; scikit-learn computes the same
scores from the rows, of all rows and then of each segment. Whole processes are measured, less a
process that only makes the data with the same imports.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.measure import Cost, median, run_once, warm_up
from docs.generator.markdown import table

ROWS, COLUMNS, LEVELS = 1_000_000, 20, 10
BUILD = Path(__file__).parent.parent / "build" / "benchmarks" / "scores"
MAX_CPU, MAX_MEMORY = 1.0, 200.0
"""Goals: CPU seconds beyond the data, and MiB of the whole process."""


def prepare() -> None:
    """Write scores, labels and segment codes, as pending records have them."""
    rng = np.random.default_rng(0)
    labels = rng.random(ROWS) < 0.3
    scores = np.clip(rng.beta(2, 4, ROWS) + 0.1 * labels, 0, 1)
    BUILD.mkdir(parents=True, exist_ok=True)
    np.save(BUILD / "scores.npy", scores)
    np.save(BUILD / "labels.npy", labels.astype(np.int8))
    np.save(BUILD / "codes.npy", rng.integers(0, LEVELS, (COLUMNS, ROWS)).astype(np.uint8))


def _load() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    names = ("scores", "labels", "codes")
    scores, labels, codes = (np.load(BUILD / f"{name}.npy") for name in names)
    return scores, labels, codes


def count() -> None:
    """driftloop: counts, and all scores of all segments."""
    from driftloop.outcomes import SegmentCodes, count_binary, fit_binary_binning, outcomes_to_bytes
    from driftloop.scores import compute_scores, scores_of, segment_sums

    scores, labels, codes = _load()
    names = tuple(map(str, range(LEVELS)))
    binning = fit_binary_binning(scores[:20_000])
    segments = {f"column {number}": SegmentCodes(row, names) for number, row in enumerate(codes)}
    outcomes = count_binary(binning, scores, labels, segments=segments)
    found = scores_of(binning, outcomes)
    for column, counted in outcomes.segments.items():
        for level in counted.levels:
            compute_scores(segment_sums(binning, outcomes, column, level))
    print(found, len(outcomes_to_bytes(outcomes)))


def only_data() -> None:
    """The same imports and the same data."""
    import driftloop.scores

    print(len(_load()), driftloop.scores.__name__)


def sklearn() -> None:
    """scikit-learn: the scores of all rows."""
    scores, labels, _ = _load()
    print(_sklearn_scores(labels, scores))


def sklearn_segments() -> None:
    """scikit-learn: the scores of all rows, and of each segment."""
    scores, labels, codes = _load()
    print(_sklearn_scores(labels, scores))
    for row in codes:
        for level in range(LEVELS):
            rows = row == level
            _sklearn_scores(labels[rows], scores[rows])


def sklearn_only_data() -> None:
    """The same imports and the same data."""
    from sklearn import metrics

    print(len(_load()), metrics.__name__)


def _sklearn_scores(labels: np.ndarray, scores: np.ndarray) -> list[float]:
    from sklearn import metrics

    predicted = scores >= 0.5
    return [
        metrics.roc_auc_score(labels, scores),
        metrics.log_loss(labels, scores),
        metrics.brier_score_loss(labels, scores),
        metrics.accuracy_score(labels, predicted),
        metrics.precision_score(labels, predicted),
        metrics.recall_score(labels, predicted),
        metrics.f1_score(labels, predicted),
    ]


PARTS: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
    "driftloop, all rows and 200 segments": (count, only_data),
    "scikit-learn, all rows": (sklearn, sklearn_only_data),
    "scikit-learn, all rows and 200 segments": (sklearn_segments, sklearn_only_data),
}
"""By name: what is measured, and what is subtracted."""

FUNCTIONS = {one.__name__: one for both in PARTS.values() for one in both}


def _measure(function: Callable[[], None], repeat: int) -> Cost:
    command = [sys.executable, "-m", "benchmarks.scores", "--run", function.__name__]
    if function is sklearn_segments:
        return run_once(command)  # it takes as long as all others together
    warm_up(command)
    return median([run_once(command) for _ in range(repeat)])


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", choices=[*FUNCTIONS])
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    if options.run:
        FUNCTIONS[options.run]()
        return
    # in a child process: the measured processes start with the peak memory of this one
    subprocess.run([sys.executable, "-c", f"import {__spec__.name} as s; s.prepare()"], check=True)
    rows = []
    for name, (function, without) in PARTS.items():
        cost, data = _measure(function, options.repeat), _measure(without, options.repeat)
        rows.append((name, cost.cpu - data.cpu, cost.memory))
    own = rows[0]
    lines = [
        [name, f"{cpu:.2f}", f"{memory:.0f}", f"{cpu / own[1]:.1f}"] for name, cpu, memory in rows
    ]
    print(f"{ROWS:,} labeled rows, {COLUMNS} segment columns (median of {options.repeat}).\n")
    print(table(["", "CPU s", "peak MiB", "times driftloop"], lines))
    if own[1] > MAX_CPU or own[2] > MAX_MEMORY:
        raise SystemExit(f"the goals are {MAX_CPU} CPU s and {MAX_MEMORY:.0f} MiB")


if __name__ == "__main__":
    main()
