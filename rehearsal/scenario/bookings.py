"""Requests of a small model whose demand rises slowly, day by day."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from driftloop.window import DAY

FEATURES = {"demand": "numeric", "nights": "numeric", "country": "categorical"}
TARGET, TIME = "canceled", "time"
RECORDS_PER_DAY = 160
RECORDS_PER_REQUEST = 20
HOURS_BETWEEN = 2
FIRST_REQUEST = timedelta(hours=4, minutes=10)
"""Eight requests a day, from ten past four on, every two hours."""

TRAINING_DAYS = 56

DAILY_VARIATION = 0.35
"""Standard deviation of the days' levels, in that of the records: some days are busier."""

RISE_PER_DAY = 0.08
"""By how much the level of each live day is above the day before it."""

_COUNTRIES = ["CH", "DE", "FR", "IT"]


def bookings(first: datetime, days: int, *, rise: float = 0.0) -> pd.DataFrame:
    """Records of some days with their predictions and labels, from a fixed seed."""
    rng = np.random.default_rng([days, round(1000 * rise)])
    day = np.repeat(np.arange(days), RECORDS_PER_DAY)
    level = DAILY_VARIATION * rng.normal(size=days) + rise * np.arange(1, days + 1)
    hour = np.tile(np.arange(RECORDS_PER_DAY) // RECORDS_PER_REQUEST, days) * HOURS_BETWEEN
    start = pd.Timestamp(first + FIRST_REQUEST)
    return pd.DataFrame(
        {
            TIME: start + pd.to_timedelta(day, unit="D") + pd.to_timedelta(hour, unit="h"),
            "demand": np.round(100 + 20 * (rng.normal(size=len(day)) + level[day])),
            "nights": rng.integers(1, 15, len(day)),
            "country": rng.choice(_COUNTRIES, len(day), p=[0.4, 0.3, 0.2, 0.1]),
            "prediction": np.round(rng.uniform(0, 1, len(day)), 3),
            TARGET: rng.integers(0, 2, len(day)),
        }
    )


def training_bookings(until: datetime) -> pd.DataFrame:
    """The training data: eight weeks without a rise."""
    return bookings(until - TRAINING_DAYS * DAY, TRAINING_DAYS)


def captured_requests(rows: pd.DataFrame) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """The requests of some records as data capture writes them: the time, and the line."""
    for time, records in rows.groupby(TIME):
        data = {
            "endpointInput": records[list(FEATURES)],
            "endpointOutput": records[["prediction"]],
        }
        sides = {
            side: {
                "observedContentType": "text/csv",
                "mode": "INPUT" if side == "endpointInput" else "OUTPUT",
                "data": cells.to_csv(header=False, index=False),
                "encoding": "CSV",
            }
            for side, cells in data.items()
        }
        yield pd.Timestamp(str(time)).to_pydatetime(), {"captureData": sides, "eventVersion": "0"}
