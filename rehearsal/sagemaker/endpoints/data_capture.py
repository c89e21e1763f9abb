"""Data capture: the files that an endpoint writes to S3 about its requests and predictions.

One file per variant and minute. Its first record opens it and gives it its name:
``<prefix>/<endpoint>/<variant>/yyyy/mm/dd/hh/mm-ss-mmm-<uuid>.jsonl``, one record per line.
"""

import base64
import json
import logging
import threading
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rehearsal.sagemaker.context import SageMakerContext
from rehearsal.sagemaker.protocols import StoreProtocol

MAX_FILE_AGE = timedelta(seconds=60)
"""Simulated time from a file's first record until the file is written."""

EVENT_VERSION = "0"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CapturedPayload:
    """Input or output of a request: its content type, if it had one, and its bytes."""

    content_type: str | None
    data: bytes


@dataclass(frozen=True, slots=True)
class RequestIdentity:
    """The ids that a client gave to a request."""

    inference_id: str | None
    custom_attributes: str | None


@dataclass(slots=True)
class _OpenFile:
    started: datetime
    name: str
    lines: list[str]


class DataCapture:
    """The data capture of one endpoint and variant under one DataCaptureConfig.

    Sampling is even, not random: of every hundred requests exactly the
    configured number is captured.
    """

    def __init__(
        self,
        context: SageMakerContext,
        store: StoreProtocol,
        settings: dict[str, Any],
        *,
        endpoint: str,
        variant: str,
        seed: str,
    ) -> None:
        self._context = context
        self._store = store
        self._settings = settings
        self._path = f"{settings['DestinationS3Uri'].rstrip('/')}/{endpoint}/{variant}"
        self._seed = seed
        self._lock = threading.Lock()
        self._seen = 0
        self._ids_created = 0
        self._open: _OpenFile | None = None

    def record(
        self,
        request: RequestIdentity,
        request_payload: CapturedPayload,
        response_payload: CapturedPayload,
    ) -> None:
        """Capture one request if it is sampled."""
        if not self._settings.get("EnableCapture", True) or not self._is_sampled():
            return
        now = self._context.now()
        with self._lock:
            record = self._build_record(now, request, request_payload, response_payload)
            line = json.dumps(record, separators=(",", ":"))
            if self._open is None:
                self._open = _OpenFile(now, self._create_id("file"), [])
                self._context.clock.call_at(now + MAX_FILE_AGE, self.flush, f"capture {self._path}")
            self._open.lines.append(line)

    def flush(self) -> None:
        """Write the open file. If the write fails, the file is lost, as on AWS."""
        with self._lock:
            file, self._open = self._open, None
        if file is None:
            return
        stamp = f"{file.started:%Y/%m/%d/%H/%M-%S}-{file.started.microsecond // 1000:03d}"
        uri = f"{self._path}/{stamp}-{file.name}.jsonl"
        body = "".join(f"{line}\n" for line in file.lines).encode()
        try:
            self._store.put(uri, body, kms_key=self._settings.get("KmsKeyId") or None)
        except Exception:  # the endpoint keeps serving
            logger.exception("could not write captured data to %s", uri)

    def _is_sampled(self) -> bool:
        percentage = self._settings["InitialSamplingPercentage"]
        with self._lock:
            sampled_so_far = self._seen * percentage // 100
            self._seen += 1
            return bool(self._seen * percentage // 100 > sampled_so_far)

    def _build_record(
        self,
        time: datetime,
        request: RequestIdentity,
        request_payload: CapturedPayload,
        response_payload: CapturedPayload,
    ) -> dict[str, Any]:
        modes = {option["CaptureMode"] for option in self._settings["CaptureOptions"]}
        both = "InputAndOutput" in modes
        data: dict[str, Any] = {}
        if both or "Input" in modes:
            data["endpointInput"] = self._build_side("INPUT", request_payload)
        if both or "Output" in modes:
            data["endpointOutput"] = self._build_side("OUTPUT", response_payload)
        metadata: dict[str, Any] = {"eventId": self._create_id("event")}
        if request.inference_id:
            metadata["inferenceId"] = request.inference_id
        if request.custom_attributes:
            metadata["customAttributes"] = [request.custom_attributes]
        metadata["inferenceTime"] = f"{time:%Y-%m-%dT%H:%M:%SZ}"
        return {"captureData": data, "eventMetadata": metadata, "eventVersion": EVENT_VERSION}

    def _build_side(self, mode: str, payload: CapturedPayload) -> dict[str, Any]:
        encoding = self._encoding(payload.content_type)
        text = None
        if encoding != "BASE64":
            text = _decode(payload.data)
        if text is None:
            encoding, text = "BASE64", base64.b64encode(payload.data).decode()
        return {
            "observedContentType": payload.content_type,
            "mode": mode,
            "data": text,
            "encoding": encoding,
        }

    def _encoding(self, content_type: str | None) -> str:
        """Return CSV or JSON for a content type of the config, else BASE64, as documented."""
        headers = self._settings.get("CaptureContentTypeHeader") or {}
        media_type = (content_type or "").partition(";")[0].strip().lower()
        if media_type in {listed.lower() for listed in headers.get("CsvContentTypes", [])}:
            return "CSV"
        if media_type in {listed.lower() for listed in headers.get("JsonContentTypes", [])}:
            return "JSON"
        return "BASE64"

    def _create_id(self, kind: str) -> str:
        """Create a UUID that is the same in every rehearsal, as are samples drawn by it."""
        self._ids_created += 1
        return str(
            uuid.uuid5(uuid.NAMESPACE_URL, f"{self._seed}/{self._path}/{kind}/{self._ids_created}")
        )


def _decode(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
