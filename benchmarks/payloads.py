"""CPU time to read a record, by the form of its payload: `python -m benchmarks.payloads`.

Captures of the workload are converted in memory, and read into batches; they are not profiled.
"""

import gzip
import io
import json
import random
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.generate import write_captures
from benchmarks.workload import CATEGORICAL, NAMES, NUMERIC
from driftloop.capture import read_capture
from driftloop.schema import Feature, Kind, ProblemType, Schema

RECORDS = 20_000
REPEAT = 5

SCHEMA = Schema(
    tuple(
        Feature(column.name, kind)
        for kind, columns in ((Kind.NUMERIC, NUMERIC), (Kind.CATEGORICAL, CATEGORICAL))
        for column in columns
    ),
    "label",
    ProblemType.BINARY_CLASSIFICATION,
)
_FRACTION = re.compile(rb"\d\.\d+")


def sixteen_digits(data: bytes) -> bytes:
    """As many digits as floats that were never rounded."""
    rng = random.Random(0)  # noqa: S311
    return _FRACTION.sub(lambda match: b"%b%09d" % (match[0], rng.randrange(10**9)), data)


def two_patterns(data: bytes) -> bytes:
    """Every other line has an additional key."""
    lines = data.split(b"\n")
    lines[::2] = [line.replace(b'"mode"', b'"note":"","mode"', 1) for line in lines[::2]]
    return b"\n".join(lines)


def as_json(data: bytes) -> bytes:
    """Inputs as JSON objects by column name instead of CSV."""
    return b"\n".join(map(_json_line, data.splitlines()))


def _json_line(line: bytes) -> bytes:
    record = json.loads(line)
    captured_input = record["captureData"]["endpointInput"]
    cells = dict(zip(NAMES, captured_input["data"].split(","), strict=True))
    numbers = {c.name: float(cells[c.name] or "nan") for c in NUMERIC}
    row = {**cells, **{name: None if n != n else n for name, n in numbers.items()}}
    captured_input |= {"data": json.dumps({"instances": [row]}), "encoding": "JSON"}
    return json.dumps(record).encode()


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "CSV, six digits": lambda data: data,
    "CSV, all digits": sixteen_digits,
    "CSV, compressed": gzip.compress,
    "CSV, lines of two templates in turn": two_patterns,
    "CSV, a text in quotes": lambda data: re.sub(rb",(web|app),", rb',\\"\1\\",', data),
    "JSON": as_json,
}


def main() -> None:
    """Print a row per form."""
    with TemporaryDirectory() as folder:
        write_captures(Path(folder), records=RECORDS)
        (file,) = Path(folder).rglob("*.jsonl")
        data = file.read_bytes()
    print("| payload | µs of CPU a record |", "| --- | ---: |", sep="\n")
    for name, convert in FORMS.items():
        converted = convert(data)
        print(f"| {name} | {min(_seconds(converted) for _ in range(REPEAT)) / RECORDS * 1e6:.1f} |")


def _seconds(data: bytes) -> float:
    start = time.process_time()
    _consume(read_capture([("file", io.BytesIO(data))], SCHEMA))
    return time.process_time() - start


def _consume(parts: Iterable[object]) -> None:
    for _ in parts:
        pass


if __name__ == "__main__":
    main()
