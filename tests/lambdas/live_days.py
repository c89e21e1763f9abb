"""A version whose baseline has training days, and captured days of its requests."""

from functools import cache
from typing import Any

import boto3
import numpy as np

from driftloop.capture import RecordBatch
from driftloop.daily.live_days import LiveDays
from driftloop.daily.stored import with_training_days
from driftloop.profile import fit_baseline
from tests.lambdas.analysis import analyze, read
from tests.lambdas.captures import CATEGORIES, SCHEMA, baseline_key, records, write_capture
from tests.lambdas.items import time

HOURS = (3, 9, 15, 21)
LIVE_DAYS = "live-days/late/v1.days"


@cache
def daily_baseline():
    """The bytes of a baseline of the eight weeks before March, with some 480 rows a day."""
    draw = np.random.default_rng(7)
    rows = 56 * 480
    times = time("2026-01-04T00:00:00Z").timestamp() + np.sort(draw.random(rows)) * 56 * 86400
    columns: dict[str, Any] = {
        "temp": draw.normal(50.0, 10.0, rows).round(4),
        "carrier": list(CATEGORIES[draw.integers(0, 3, rows)]),
    }
    batch = RecordBatch.from_columns(
        SCHEMA, columns, prediction=draw.uniform(0, 1, rows).round(4), times=times
    )
    return with_training_days(fit_baseline(batch), [batch]).to_bytes()


def store_daily_baseline(version=1):
    """Make it the baseline of a version."""
    boto3.client("s3").put_object(
        Bucket="artifacts", Key=baseline_key(version), Body=daily_baseline()
    )


def serve_day(day, version=1, count=90, **how):
    """Capture the requests of a day of March."""
    for hour in HOURS:
        name = f"2026-03-{day:02d}T{hour:02d}"
        seed = version * 10_000 + day * 100 + hour
        body = records(name, **{"count": count, "seed": seed, **how})
        write_capture(name, body, version)


def analyze_day(aws, day, revision=0):
    """Analyze a day of March as one window."""
    return analyze(aws, hour=0, day=day, hours=24, revision=revision)


def live_days(key=LIVE_DAYS):
    """The stored live days."""
    return LiveDays.from_bytes(read(key))


def march(ends):
    """Days of March of some ends."""
    first = int(time("2026-03-01T00:00:00Z").timestamp()) // 3600
    return [(end - first) // 24 for end in ends]
