"""One million labels joined with one million records: ``python -m benchmarks.label_join``."""

import os
import sys
import time

from driftloop.cli.main import ENVIRONMENT

os.environ.update(ENVIRONMENT)  # as the commands set it, before numpy is imported

import numpy as np

from driftloop.labels.join import RecordIds, join
from driftloop.labels.resolved import LabelSource, read_resolved_labels

COUNT = 1_000_000
REPETITIONS = 5


def main() -> None:
    """Print the CPU seconds of reading the labels and of joining them."""
    draw = np.random.default_rng(0)
    ids = [
        f"{number:08x}-{position:012d}"
        for position, number in enumerate(draw.integers(0, 2**32, COUNT).tolist())
    ]
    lines = [
        f'{{"groundTruthData":{{"data":"{position & 1}","encoding":"CSV"}},'
        f'"eventMetadata":{{"eventId":"{one}"}},"eventVersion":"0"}}'
        for position, one in enumerate(ids)
    ]
    order = draw.permutation(COUNT).tolist()
    data = "\n".join(lines[position] for position in order).encode()
    start = time.process_time()
    labels = read_resolved_labels([LabelSource("labels.jsonl", 0.0, [data])])
    sys.stdout.write(f"read and resolve: {time.process_time() - start:.2f} CPU s\n")
    records = _records(ids)
    times = np.zeros(COUNT)
    spent = []
    for _ in range(REPETITIONS):
        start = time.process_time()
        joined = join(records, labels, times)
        spent.append(time.process_time() - start)
    if joined.unlabeled:
        raise RuntimeError(f"records without a label: {joined.unlabeled}")
    sys.stdout.write(f"join: {min(spent):.2f} CPU s (largest of {REPETITIONS}: {max(spent):.2f})\n")


def _records(ids: list[str]) -> RecordIds:
    from driftloop.capture.event_ids import hash_ids

    return RecordIds(hash_ids(ids), None, np.zeros(len(ids), dtype=np.int32))


if __name__ == "__main__":
    main()
