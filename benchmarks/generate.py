"""Write the workload: training data, the configuration, and captures as SageMaker writes them.

The same arguments give the same bytes. An hour of traffic is one folder. A file has up to
``LINES`` lines, and on request one unreadable line in its middle.
"""

import argparse
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.workload import CATEGORICAL, NAMES, NUMERIC, rows_of_text

LINES = 20_000
"""Lines of a file, a minute of a busy endpoint."""

START = datetime(2026, 4, 18, tzinfo=UTC)
BAD_LINE = '{"captureData":{"endpointInput":{"data":"cut in the mid'

_BLOCK = 20_000
_LINE = (
    '{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT",'
    '"data":"%s","encoding":"CSV"},"endpointOutput":{"observedContentType":'
    '"text/csv; charset=utf-8","mode":"OUTPUT","data":"%.6f","encoding":"CSV"}},'
    '"eventMetadata":{"eventId":"%s","inferenceTime":"%s"},"eventVersion":"0"}'
)


def write_reference(path: Path, *, rows: int, seed: int = 1) -> None:
    """Training data as CSV with a header."""
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        file.write(",".join(NAMES) + "\n")
        for written in range(0, rows, _BLOCK):
            file.write("\n".join(rows_of_text(rng, min(_BLOCK, rows - written))) + "\n")


def write_config(path: Path, *, training_data: str) -> None:
    """A minimal driftloop.yaml for the workload."""
    kinds = [f"      {column.name}: numeric" for column in NUMERIC]
    kinds += [f"      {column.name}: categorical" for column in CATEGORICAL]
    head = ["models:", "  bench:", "    problem_type: binary_classification", "    features:"]
    tail = ["    target: label", "    family: sklearn", f"    training_data: {training_data}"]
    path.write_text("\n".join([*head, *kinds, *tail]) + "\n")


def write_captures(folder: Path, *, records: int, bad_lines: bool = False, seed: int = 2) -> None:
    """Capture files below ``<folder>/<endpoint>/<variant>/yyyy/mm/dd/hh``."""
    rng = np.random.default_rng(seed)
    for number, written in enumerate(range(0, records, LINES)):
        start = START + timedelta(minutes=number)
        lines = _lines(rng, min(LINES, records - written), start)
        if bad_lines:
            lines.insert(len(lines) // 2, BAD_LINE)
        hour = folder / "bench" / "AllTraffic" / f"{start:%Y/%m/%d/%H}"
        hour.mkdir(parents=True, exist_ok=True)
        name = f"{start:%M-%S}-000-{_uuids(rng, 1)[0]}.jsonl"
        (hour / name).write_text("".join(f"{line}\n" for line in lines))


def _lines(rng: np.random.Generator, rows: int, start: datetime) -> list[str]:
    seconds = (np.arange(rows) * 60 // LINES).tolist()
    stamps = [f"{start + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ}" for second in range(60)]
    parts = zip(
        rows_of_text(rng, rows),
        rng.beta(2.0, 6.0, rows).tolist(),
        _uuids(rng, rows),
        seconds,
        strict=True,
    )
    return [_LINE % (row, score, event, stamps[second]) for row, score, event, second in parts]


def _uuids(rng: np.random.Generator, count: int) -> list[str]:
    data = rng.bytes(16 * count)
    return [str(uuid.UUID(bytes=data[16 * i : 16 * i + 16], version=4)) for i in range(count)]


def main() -> None:
    """Command line of the generator."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--reference", type=int, default=100_000, help="rows of training data")
    parser.add_argument("--bad-lines", action="store_true", help="one unreadable line per file")
    arguments = parser.parse_args()
    reference = arguments.folder / "reference.csv"
    write_reference(reference, rows=arguments.reference)
    write_config(arguments.folder / "driftloop.yaml", training_data=str(reference))
    write_captures(
        arguments.folder / "capture", records=arguments.records, bad_lines=arguments.bad_lines
    )


if __name__ == "__main__":
    main()
