"""Lists the capture bucket by version and hour, each hour once."""

from dataclasses import replace
from datetime import datetime
from functools import cache

from driftloop.analysis_plan import CapturedObject, capture_hours
from driftloop.contract import s3_keys
from driftloop.contract.resource_names import VARIANT
from driftloop.window import Window
from lambdas.aws.storage import Bucket


class Listing:
    """The captured objects of one model's endpoint."""

    def __init__(self, capture: Bucket, model: str, endpoint: str) -> None:
        self._capture, self._model, self._endpoint = capture, model, endpoint
        self._hour = cache(self._list_hour)

    def objects(self, version: int, window: Window) -> list[CapturedObject]:
        """The objects that may contain records of the window."""
        return [
            replace(item, overlap=hour < window.start)
            for hour in capture_hours(window)
            for item in self._hour(version, hour)
        ]

    def _list_hour(self, version: int, hour: datetime) -> list[CapturedObject]:
        prefix = s3_keys.capture_hour(self._model, version, self._endpoint, VARIANT, hour)
        found = self._capture.list(prefix)
        return [CapturedObject(item.key, item.size, item.etag) for item in found]
