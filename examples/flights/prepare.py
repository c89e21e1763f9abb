"""Writes ``build/flights/training.csv``: ``python -m examples.flights.prepare [FOLDER]``."""

import sys
from pathlib import Path

from examples.flights.stream import training

FOLDER = Path(__file__).parent.parent.parent / "build" / "flights"


def prepare(folder: Path = FOLDER) -> Path:
    """Write the training data if the file does not exist yet; returns its path."""
    target = folder / "training.csv"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(".part")
        training().to_csv(unfinished, index=False, lineterminator="\n")
        unfinished.replace(target)
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{prepare(*map(Path, sys.argv[1:]))}\n")
