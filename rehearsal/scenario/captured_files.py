"""Captured files that the scenario writes itself, made of requests that an endpoint captured."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from driftloop.contract.resource_names import VARIANT
from driftloop.contract.s3_keys import capture_hour, capture_prefix
from rehearsal.scenario.account import Account

Line = dict[str, Any]


class CapturedFiles:
    """The captured files of a model's version."""

    def __init__(self, account: Account, version: int) -> None:
        self._account, self._version = account, version
        self._bucket = account.bucket("capture")
        self._lines_written = 0

    def read_hours(self) -> list[list[Line]]:
        """Return the captured lines by the hour in which their files began."""
        keys = self._account.list_keys(
            "capture", capture_prefix(self._account.model, self._version)
        )
        return [
            [line for key in hour for line in self._read(key)]
            for _, hour in groupby(sorted(keys), key=lambda key: key.rpartition("/")[0])
        ]

    def write(
        self, lines: Sequence[Line], times: Sequence[datetime]
    ) -> Iterator[tuple[datetime, int]]:
        """Write one file with requests like ``lines`` at ``times``; yield their record counts.

        The first request opens the file and gives it its name, as in SageMaker's data capture.
        """
        written = [self._at(line, time) for line, time in zip(lines, times, strict=True)]
        begin, account = times[0], self._account
        folder = capture_hour(account.model, self._version, account.endpoint, VARIANT, begin)
        name = uuid5(NAMESPACE_URL, f"{folder}{begin}")
        account.client("s3").put_object(
            Bucket=self._bucket,
            Key=f"{folder}{begin:%M-%S}-000-{name}.jsonl",
            Body="".join(f"{json.dumps(line)}\n" for line in written),
        )
        for line, time in zip(written, times, strict=True):
            yield time, len(line["captureData"]["endpointInput"]["data"].splitlines())

    def _read(self, key: str) -> list[Line]:
        return [json.loads(line) for line in self._account.read(self._bucket, key).splitlines()]

    def _at(self, line: Line, time: datetime) -> Line:
        self._lines_written += 1
        event_id = uuid5(NAMESPACE_URL, f"{self._account.model}/{self._lines_written}")
        metadata = {"eventId": str(event_id), "inferenceTime": f"{time:%Y-%m-%dT%H:%M:%SZ}"}
        return {**line, "eventMetadata": metadata}
