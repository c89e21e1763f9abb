"""The times that have a date in every time zone."""

from datetime import UTC, datetime

EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""A day from the ends of Python's calendar (``datetime.min`` and ``datetime.max``), so that every
zone's wall clock has a date for each time between them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

EARLIEST_SECONDS = (EARLIEST - _EPOCH).total_seconds()
LATEST_SECONDS = (LATEST - _EPOCH).total_seconds()
