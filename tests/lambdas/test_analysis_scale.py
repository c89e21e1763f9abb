"""Memory of an analysis does not grow with the number of captured objects, batches or records."""

import json
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from moto.s3.models import s3_backends

from benchmarks.planning import measure_in_process
from driftloop.capture import read_capture
from driftloop.contract.ledger_items import WindowCountItem
from driftloop.object_batches import MAX_BATCH_OBJECTS
from driftloop.profile import Baseline, Profile, profile_batch
from lambdas.aws.storage import Bucket
from lambdas.detect.batch_profiles import sum_batches
from lambdas.plan.handler import handle as plan
from lambdas.profile.handler import handle as profile
from tests.lambdas.analysis import HOUR, manifest, read, work
from tests.lambdas.captures import baseline_bytes, records, write_capture


@contextmanager
def peak_growth() -> Iterator[Callable[[], float]]:
    """MiB by which the process's peak memory exceeds its memory at the start (Linux).

    Source: proc_pid_clear_refs(5): 5 resets the peak resident set size.
    """
    Path("/proc/self/clear_refs").write_text("5")
    before = _resident_mib()
    yield lambda: _resident_mib() - before


def _resident_mib() -> float:
    [line] = [
        line
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM:")
    ]
    return int(line.split()[1]) / 1024


def capture_objects(hour, count):
    """Put captured files into moto's bucket, without one request for each."""
    bucket = s3_backends["123456789012"]["aws"]
    folder = f"late/v1/driftloop-test-late/AllTraffic/2026/03/10/{hour:02d}"
    for number in range(count):
        second = number * 3600 // count
        name = f"{second // 60:02d}-{second % 60:02d}-000-{number:032x}.jsonl"
        bucket.put_object("capture", f"{folder}/{name}", b"x")


def test_a_plan_of_five_times_the_objects_takes_no_more_memory():
    few, many = (measure_in_process(count, 2) for count in (10_000, 50_000))
    assert (few["items"], many["items"]) == (20, 100)
    assert few["late"] == many["late"] == 0
    assert many["growth_mib"] < 32  # with each object in memory, it was 200
    assert many["growth_mib"] < few["growth_mib"] + 12
    # Step Functions passes at most 256 KiB to a state.
    assert many["largest_item"] < 2000


def test_a_plan_of_twenty_thousand_objects_and_the_next_one(live, ledger):
    capture_objects(11, 20_000)
    with peak_growth() as growth:
        planned = plan(work(11), None, live)
        write_capture(HOUR, records(HOUR, count=5), name="30-00-000-late.jsonl")
        following = plan(work(12), None, live)
        memory = growth()
    counts = [item["objects"]["count"] for item in manifest(planned)]
    assert counts == [MAX_BATCH_OBJECTS] * (20_000 // MAX_BATCH_OBJECTS)
    late = [item for item in manifest(following) if item["purpose"] == "late"]
    assert [item["objects"]["count"] for item in late] == [1]
    assert sum(item["objects"]["count"] for item in manifest(following)) == 20_002
    assert memory < 64
    assert set(ledger.get(WindowCountItem, "20260310T11").planned) == {"0"}


def test_small_objects_are_requested_once_and_profiled_together(live, monkeypatch):
    """A request takes longer than its records, and so does the beginning of a profile."""
    lines = records(HOUR, count=400)
    for number, line in enumerate(lines):
        write_capture(HOUR, [line], name=f"{number // 60:02d}-{number % 60:02d}-000-a.jsonl")
    counted = []

    def count(baseline, batch, line_counts):
        counted.append(len(batch))
        return profile_batch(baseline, batch, line_counts)

    monkeypatch.setattr("lambdas.profile.handler.profile_batch", count)
    [item] = manifest(plan(work(), None, live))
    requested: list[str] = []
    events = live.client("s3").meta.events
    events.register(
        "before-parameter-build.s3.GetObject",
        lambda params, **_: requested.append(params["Bucket"]),
        unique_id="requested",
    )
    try:
        profile(item, None, live)
    finally:
        events.unregister("before-parameter-build.s3.GetObject", unique_id="requested")
    assert requested.count("capture") == 400
    assert Profile.from_bytes(read(item["output"])).records == 400
    # those of the window, and none of the hour before
    assert [rows for rows in counted if rows] == [400]


class RepeatedProfile(Bucket):
    """Each batch has the same profile."""

    def __init__(self, data: bytes) -> None:
        super().__init__(None, "analysis")
        self._data = data

    def find(self, key: str) -> bytes:
        return self._data


def peak_of_sum(data: bytes, batches: int) -> int:
    items = [
        {"version": 1, "purpose": "window", "output": f"{number}", "batch": number}
        for number in range(batches)
    ]
    tracemalloc.start()
    try:
        totals = sum_batches(RepeatedProfile(data), items, batches, {})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert set(totals.profiles) == {1}
    return peak


def test_the_sum_of_ten_times_the_batches_takes_no_more_memory():
    data = Profile.empty(Baseline.from_bytes(baseline_bytes())).to_bytes()
    peak_of_sum(data, 2)
    few, many = peak_of_sum(data, 10), peak_of_sum(data, 100)
    assert many < 1.5 * few


def peak_of_profile(lines: bytes, objects: int) -> int:
    """The peak of profiling objects of the same lines, in batches of 1,000 records."""
    baseline = Baseline.from_bytes(baseline_bytes())
    named = ((f"{number}.jsonl", [lines]) for number in range(objects))
    tracemalloc.start()
    try:
        profile = Profile.empty(baseline)
        for batch, line_counts in read_capture(named, baseline.schema, batch_rows=1000):
            profile = profile + profile_batch(baseline, batch, line_counts)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert profile.records == 500 * objects
    return peak


def test_a_profile_of_ten_times_the_records_takes_no_more_memory():
    lines = b"".join(json.dumps(line).encode() + b"\n" for line in records(HOUR, count=500))
    peak_of_profile(lines, 2)
    few, many = peak_of_profile(lines, 6), peak_of_profile(lines, 60)
    assert many < 1.3 * few
