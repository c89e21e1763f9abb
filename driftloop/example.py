"""Example data: bike rentals, made from a seed, so that nothing is downloaded.

A model predicts how many bikes a station rents out in an hour. In the reference it is spring; in
the current records it is eight degrees warmer, and a new station has opened.
``python -m driftloop.example FOLDER`` writes all of it as files.
"""

import csv
import io
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from driftloop.storage import Uri, uri_text, write_bytes
from driftloop.window import format_time

if TYPE_CHECKING:
    import pandas as pd

FEATURES = ("temp", "humidity", "station", "holiday")
"""Columns of a request, in payload order."""

START = datetime(2026, 4, 18, tzinfo=UTC)
"""Time of the first captured request."""

HOURS = 5
"""Hours of captured requests, one file each."""

_CONFIG = """\
models:
  rentals:
    problem_type: regression
    features: {temp: numeric, humidity: numeric, station: categorical, holiday: categorical}
    target: rentals
    family: sklearn
    training_data: training.csv
"""

Columns = dict[str, NDArray[Any]]


def load_example() -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """Make two small data frames to try driftloop on.

    Returns:
        Reference (2,000 rows) and current (500 rows), each a pandas data frame with the features
        ``temp`` (degrees Celsius), ``humidity`` (percent), ``station`` and ``holiday``, of which
        ``temp`` and ``station`` have drifted.
    Example:
        >>> import driftloop as dl
        >>> reference, current = dl.load_example()
        >>> reference.shape, current.shape
        ((2000, 4), (500, 4))
    """
    import pandas as pd

    reference, current = _reference(), _current()
    return pd.DataFrame(reference)[[*FEATURES]], pd.DataFrame(current)[[*FEATURES]]


def write_example(folder: Uri) -> list[str]:
    """Write the example as files: training data, captured requests and a configuration.

    Args:
        folder: Local folder or ``s3://bucket/prefix``; it is created where needed.
    Returns:
        URIs of the written files: ``training.csv`` (with the label ``rentals`` and the model's
        ``prediction``), ``driftloop.yaml``, and five hours of requests in the format of SageMaker's
        data capture below ``captured/``.
    Raises:
        InputError: The folder can't be written.
    Example:
        >>> import driftloop as dl
        >>> files = dl.write_example("rentals")
        >>> files[0], len(files)
        ('rentals/training.csv', 7)
    """
    root = uri_text(folder).rstrip("/")
    contents = {
        "training.csv": _training_csv(),
        "driftloop.yaml": _CONFIG.encode(),
        **dict(_captured_files()),
    }
    for name, data in contents.items():
        write_bytes(f"{root}/{name}", data)
    return [f"{root}/{name}" for name in contents]


def _reference() -> Columns:
    return _rentals(np.random.default_rng(1), 2000, temp=14.0, stations=("north", "south", "port"))


def _current() -> Columns:
    stations = ("north", "south", "port", "airport")
    return _rentals(np.random.default_rng(2), 500, temp=22.0, stations=stations)


def _rentals(
    random: np.random.Generator, count: int, *, temp: float, stations: tuple[str, ...]
) -> Columns:
    temps = random.normal(temp, 4, count).round(1)
    return {
        "temp": temps,
        "humidity": random.uniform(30, 90, count).round(),
        "station": random.choice(np.array(stations, dtype=object), count),
        "holiday": random.random(count) < 0.1,
        "prediction": (20 + 2 * temps).round(1),
    }


def _training_csv() -> bytes:
    columns = _reference()
    noise = np.random.default_rng(3).normal(0, 3, len(columns["temp"]))
    columns["rentals"] = (columns["prediction"] + noise).round().clip(0)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))
    return text.getvalue().encode()


def _captured_files() -> Iterator[tuple[str, bytes]]:
    columns = _current()
    rows = list(zip(*(columns[name].tolist() for name in FEATURES), strict=True))
    lines = [
        _captured_line(number, row, prediction)
        for number, (row, prediction) in enumerate(zip(rows, columns["prediction"], strict=True))
    ]
    per_hour = len(lines) // HOURS
    for hour in range(HOURS):
        folder = (START + timedelta(hours=hour)).strftime("%Y/%m/%d/%H")
        data = b"".join(lines[hour * per_hour : (hour + 1) * per_hour])
        yield f"captured/rentals/AllTraffic/{folder}/requests.jsonl", data


def _captured_line(number: int, row: tuple[object, ...], prediction: float) -> bytes:
    def payload(text: str) -> dict[str, str]:
        return {"observedContentType": "text/csv", "data": text, "encoding": "CSV"}

    time = START + timedelta(seconds=36 * number)
    record = {
        "captureData": {
            "endpointInput": payload(",".join(map(str, row))),
            "endpointOutput": payload(str(prediction)),
        },
        "eventMetadata": {"eventId": f"request-{number}", "inferenceTime": format_time(time)},
        "eventVersion": "0",
    }
    return json.dumps(record).encode() + b"\n"


def main() -> None:
    """Write the example to the folder that the command names, and print the files' names."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python -m driftloop.example FOLDER")
    for file in write_example(sys.argv[1]):
        sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    main()
