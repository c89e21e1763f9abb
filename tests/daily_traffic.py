"""Traffic of days with a clock, an order and categories, and a baseline of its first 56 days."""

from functools import cache

import numpy as np

from driftloop.capture import RecordBatch
from driftloop.daily.reference import TrainingDays
from driftloop.daily.stored import training_days, with_training_days
from driftloop.profile import Baseline, fit_baseline
from driftloop.schema import Feature, Kind, ProblemType, Schema

HOUR = 3600
START = 24 * 365 * 56
"""Hour since 1970."""
SCHEMA = Schema(
    (
        Feature("hour", Kind.NUMERIC),
        Feature("temp", Kind.NUMERIC),
        Feature("low", Kind.NUMERIC),
        Feature("city", Kind.CATEGORICAL),
    ),
    "label",
    ProblemType.REGRESSION,
)


def traffic(day: int, days: int, fault: str | None = None) -> RecordBatch:
    """Some 480 records a day from a fixed seed; ``fault`` is the alarm that they raise."""
    rng = np.random.default_rng([day, days])
    times = np.sort((START + (day + days * rng.random(480 * days)) * 24) * HOUR)
    hour = np.floor(times / HOUR) % 24
    temp = np.round(10 + 5 * np.sin(hour / 24 * 2 * np.pi) + rng.normal(0, 1, len(times)), 1)
    city = np.array(["Bern", "Basel", "Chur"], dtype=object)[rng.integers(0, 3, len(times))]
    low = temp - np.round(rng.random(len(times)) * 3, 1)
    hit = rng.random(len(times)) < 0.4
    if fault == "clock":
        hour = (hour + 5) % 24
    elif fault == "missing":
        temp = np.where(hit, np.nan, temp)
    elif fault == "out_of_range":
        temp = np.where(hit, 999.0, temp)
    elif fault == "unseen":
        city = np.where(hit, "Genf", city)
    elif fault == "order":
        temp, low = low, temp
    elif fault == "constant":
        temp = np.full(len(temp), 12.0)
    return RecordBatch.from_columns(
        SCHEMA, {"hour": hour, "temp": temp, "low": low, "city": city}, times=times
    )


@cache
def fitted() -> Baseline:
    """The baseline of days 0 to 55."""
    batch = traffic(0, 56)
    return with_training_days(fit_baseline(batch), [batch])


@cache
def learned() -> TrainingDays:
    """The training days of :func:`fitted`."""
    found = training_days(fitted())
    assert found is not None
    return found


def end(day: int) -> int:
    """Hour since 1970 at which a day ends."""
    return START + 24 * (day + 1)
