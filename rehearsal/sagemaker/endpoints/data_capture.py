"""Data capture: what an endpoint writes to S3 about its requests and answers.

One file per variant and minute, begun by its first record and named after it:
``<prefix>/<endpoint>/<variant>/yyyy/mm/dd/hh/mm-ss-mmm-<uuid>.jsonl``, one record a line.
"""

import base64
import json
import logging
import threading
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rehearsal.sagemaker.context import Context

FILE_SPAN = timedelta(seconds=60)
EVENT_VERSION = "0"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Payload:
    """One side of a request as it was seen: its content type, if it had one, and its bytes."""

    content_type: str | None
    data: bytes


@dataclass(frozen=True, slots=True)
class RequestIdentity:
    """What identifies a request in a record."""

    inference_id: str | None
    custom_attributes: str | None


@dataclass(slots=True)
class _File:
    started: datetime
    name: str
    lines: list[str]


class Capture:
    """The data capture of one endpoint and variant under one DataCaptureConfig.

    Sampling is even, not random: of every hundred requests exactly the configured number is kept.
    """

    def __init__(
        self, context: Context, settings: dict[str, Any], *, endpoint: str, variant: str, seed: str
    ) -> None:
        self._context = context
        self._settings = settings
        self._path = f"{settings['DestinationS3Uri'].rstrip('/')}/{endpoint}/{variant}"
        self._seed = seed
        self._lock = threading.Lock()
        self._seen = 0
        self._made = 0
        self._open: _File | None = None

    def record(self, request: RequestIdentity, received: Payload, answered: Payload) -> None:
        """Keep one request, if the sample takes it."""
        if not self._settings.get("EnableCapture", True) or not self._sampled():
            return
        moment = self._context.now()
        with self._lock:
            content = self._line(moment, request, received, answered)
            line = json.dumps(content, separators=(",", ":"))
            if self._open is None:
                self._open = _File(moment, self._identity("file"), [])
                self._context.clock.call_at(moment + FILE_SPAN, self.flush, f"capture {self._path}")
            self._open.lines.append(line)

    def flush(self) -> None:
        """Write the open file. A destination that refuses it loses the file, as on AWS."""
        with self._lock:
            file, self._open = self._open, None
        if file is None:
            return
        stamp = f"{file.started:%Y/%m/%d/%H/%M-%S}-{file.started.microsecond // 1000:03d}"
        uri = f"{self._path}/{stamp}-{file.name}.jsonl"
        body = "".join(f"{line}\n" for line in file.lines).encode()
        try:
            self._context.store.put(uri, body, kms_key=self._settings.get("KmsKeyId") or None)
        except Exception:  # an endpoint goes on serving
            logger.exception("could not write captured data to %s", uri)

    def _sampled(self) -> bool:
        percentage = self._settings["InitialSamplingPercentage"]
        with self._lock:
            before = self._seen * percentage // 100
            self._seen += 1
            return bool(self._seen * percentage // 100 > before)

    def _line(
        self, moment: datetime, request: RequestIdentity, received: Payload, answered: Payload
    ) -> dict[str, Any]:
        modes = {option["CaptureMode"] for option in self._settings["CaptureOptions"]}
        both = "InputAndOutput" in modes
        data: dict[str, Any] = {}
        if both or "Input" in modes:
            data["endpointInput"] = self._side("INPUT", received)
        if both or "Output" in modes:
            data["endpointOutput"] = self._side("OUTPUT", answered)
        metadata: dict[str, Any] = {"eventId": self._identity("event")}
        if request.inference_id:
            metadata["inferenceId"] = request.inference_id
        if request.custom_attributes:
            metadata["customAttributes"] = [request.custom_attributes]
        metadata["inferenceTime"] = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        return {"captureData": data, "eventMetadata": metadata, "eventVersion": EVENT_VERSION}

    def _side(self, mode: str, payload: Payload) -> dict[str, Any]:
        encoding = self._encoding(payload.content_type)
        text = None
        if encoding != "BASE64":
            text = _decoded(payload.data)
        if text is None:
            encoding, text = "BASE64", base64.b64encode(payload.data).decode()
        return {
            "observedContentType": payload.content_type,
            "mode": mode,
            "data": text,
            "encoding": encoding,
        }

    def _encoding(self, content_type: str | None) -> str:
        """Without listed content types everything is BASE64, as documented."""
        headers = self._settings.get("CaptureContentTypeHeader") or {}
        media = (content_type or "").partition(";")[0].strip().lower()
        if media in {listed.lower() for listed in headers.get("CsvContentTypes", [])}:
            return "CSV"
        if media in {listed.lower() for listed in headers.get("JsonContentTypes", [])}:
            return "JSON"
        return "BASE64"

    def _identity(self, kind: str) -> str:
        """UUIDs that are the same in every rehearsal, so that samples drawn by them are too."""
        self._made += 1
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._seed}/{self._path}/{kind}/{self._made}"))


def _decoded(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
