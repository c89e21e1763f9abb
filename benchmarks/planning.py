"""Memory and CPU time of a plan, by captured objects an hour: `python -m benchmarks.planning`.

The plan is that of one window of an hour, after those of the earlier windows in which late objects
are searched. S3 is simulated: it generates listings, and has what is written in files. So the time
that S3 takes is not included, nor are boto3's own requests and responses.
"""

import hashlib
import io
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from driftloop.analysis_plan import earlier_windows
from driftloop.contract.ledger_items import ServingPeriod
from driftloop.payload_mapping import PayloadMapping
from driftloop.window import HOUR, Window
from lambdas.aws.storage import Bucket, canonical_json
from lambdas.aws.window_counts import CountedObjects
from lambdas.plan.capture_listing import Listing
from lambdas.plan.live_versions import LiveVersion
from lambdas.plan.manifest import AnalysisRun, Counted, make_plan

COUNTS = (1_000, 10_000, 100_000, 1_000_000)
ALLOWED_LATENESS_HOURS = 6
"""The default of ``monitoring.allowed_lateness_hours``."""

MODEL = "customer-churn-prediction"
START = datetime(2026, 3, 1, tzinfo=UTC)
END = datetime(2026, 3, 10, 12, tzinfo=UTC)
VERSION = LiveVersion(1, "s3://artifacts/model.baseline", True, (ServingPeriod(START, None),))
PAGE = 1000


class SimulatedS3:
    """Lists ``count`` objects of 4 KB in each hour, and has what is written in files."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder, self._count = folder, count
        self.requests = 0

    def get_paginator(self, _operation: str) -> "SimulatedS3":
        """This object, which is the paginator, too."""
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        """The pages of an hour, in order of the keys."""
        for start in range(0, self._count, PAGE):
            self.requests += 1
            numbers = range(start, min(start + PAGE, self._count))
            yield {"Contents": [self._listed(f"{Bucket}{Prefix}", Prefix, n) for n in numbers]}

    def put_object(self, **request: Any) -> None:
        """Write a file."""
        self.requests += 1
        self._path(request["Key"]).write_bytes(request["Body"])

    def get_object(self, **request: Any) -> dict[str, Any]:
        """Read a file."""
        self.requests += 1
        data = self._path(request["Key"]).read_bytes()
        return {"Body": io.BytesIO(data), "ContentLength": len(data)}

    def _path(self, key: str) -> Path:
        return self._folder / key.replace("/", "_")

    def _listed(self, seed: str, prefix: str, number: int) -> dict[str, Any]:
        second, milli = divmod(number * 3_600_000 // self._count, 1000)
        digest = hashlib.md5(f"{seed}{number}".encode(), usedforsecurity=False).hexdigest()
        name = f"{second // 60:02d}-{second % 60:02d}-{milli:03d}-{number:08x}-{digest[:27]}"
        return {"Key": f"{prefix}{name}.jsonl", "Size": 4000, "ETag": f'"{digest}"'}


def plan_window(s3: SimulatedS3, window: Window, counted: Counted, hours: int) -> dict[str, Any]:
    """The plan of a window, with late objects of what is in ``counted``."""
    run = AnalysisRun(MODEL, window, 0)
    listing = Listing(
        capture=Bucket(s3, "capture"),
        analysis=Bucket(s3, "analysis"),
        work=run.work,
        model=MODEL,
        endpoint=f"driftloop-{MODEL}",
    )
    return make_plan(
        run,
        versions=[VERSION],
        listing=listing,
        counted=counted,
        allowed_lateness_hours=hours,
        payload_mapping=PayloadMapping(),
        entity=None,
    )


def measure(count: int, hours: int = ALLOWED_LATENESS_HOURS) -> dict[str, float]:
    """What a plan takes in this process, after those of the earlier windows."""
    before = _peak_mib()
    window = Window(END - HOUR, END)
    with TemporaryDirectory() as folder:
        s3 = SimulatedS3(Path(folder), count)
        counted = {}
        for earlier in earlier_windows(window, hours):
            items = plan_window(s3, earlier, {}, hours)["items"]
            batches = [item["objects"] for item in items]
            counted[earlier.label] = {1: CountedObjects("", batches)}
        s3.requests = 0
        start = time.process_time()
        text = canonical_json(plan_window(s3, window, counted, hours)["items"])
        cpu = time.process_time() - start
    items = json.loads(text)
    return {
        "objects": count,
        "cpu": round(cpu, 2),
        "growth_mib": _peak_mib() - before,
        "requests": s3.requests,
        "items": len(items),
        "late": sum(item["purpose"] == "late" for item in items),
        "manifest_kib": len(text) // 1024,
        "largest_item": max(len(canonical_json(item)) for item in items),
    }


def measure_in_process(count: int, hours: int = ALLOWED_LATENESS_HOURS) -> dict[str, float]:
    """:func:`measure` in a process of its own, whose peak memory is that of this plan."""
    command = [sys.executable, "-m", "benchmarks.planning", str(count), str(hours)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Print the table of docs/benchmarks.md, or the figures of one count."""
    if len(sys.argv) > 1:
        count, hours = map(int, sys.argv[1:])
        sys.stdout.write(json.dumps(measure(count, hours)) + "\n")
        return
    columns = (
        "objects an hour",
        "more memory, MiB",
        "CPU s",
        "requests",
        "batches",
        "manifest, KiB",
    )
    sys.stdout.write(f"| {' | '.join(columns)} |\n|{' ---: |' * len(columns)}\n")
    for count in COUNTS:
        row = measure_in_process(count)
        names = ("objects", "growth_mib", "cpu", "requests", "items", "manifest_kib")
        sys.stdout.write(f"| {' | '.join(f'{row[name]:,}' for name in names)} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
