"""Requests to the endpoint, as clients send them, and the labels that arrive later."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from rehearsal.scenario.account import Account
from rehearsal.scenario.people import Person

BAD_REQUEST = 400
"""HTTP status of a request that the client has to change."""


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request that got predictions, and the labels of its records."""

    inference_id: str
    sent_at: datetime
    labels: tuple[str, ...]


class ClientTraffic:
    """The clients of the endpoint, and the job that collects labels."""

    def __init__(self, account: Account, now: Callable[[], datetime]) -> None:
        self._account, self._now = account, now
        self._unlabeled: list[SentRequest] = []
        self.sent: list[SentRequest] = []
        self.failed_requests = 0
        self.refused_requests = 0
        self._requests = 0

    def send(self, payload: str, labels: Sequence[int]) -> bool:
        """Send one request in CSV, one record per line; returns whether it got predictions."""
        self._requests += 1
        inference_id = f"request-{self._requests:06d}"
        try:
            response = self._account.client("sagemaker-runtime", Person.CLIENT).invoke_endpoint(
                EndpointName=self._account.endpoint,
                Body=payload.encode(),
                ContentType="text/csv",
                Accept="text/csv",
                InferenceId=inference_id,
            )
            response["Body"].read()
        except ClientError:
            self.failed_requests += 1
            return False
        request = SentRequest(inference_id, self._now(), tuple(str(int(label)) for label in labels))
        self.sent.append(request)
        self._unlabeled.append(request)
        return True

    def send_malformed(self) -> None:
        """Send a request with too few cells, and count it if the model refuses it with 400."""
        try:
            self._account.client("sagemaker-runtime", Person.CLIENT).invoke_endpoint(
                EndpointName=self._account.endpoint, Body=b"1,2\n", ContentType="text/csv"
            )
        except ClientError as error:
            self.refused_requests += error.response.get("OriginalStatusCode") == BAD_REQUEST

    def collect_labels(self, delay: timedelta) -> None:
        """Write the labels of requests that are at least ``delay`` old."""
        ready = [sent for sent in self._unlabeled if sent.sent_at + delay <= self._now()]
        if ready:
            self._unlabeled = [sent for sent in self._unlabeled if sent not in ready]
            self.write_labels(ready)

    def write_labels(self, sent: list[SentRequest], *, inverted: bool = False) -> None:
        """Write labels in SageMaker's format; with ``inverted``, the opposite of each label."""
        lines = [_label_line(request, inverted=inverted) for request in sent]
        suffix = "-inverted" if inverted else ""
        name = f"{self._now():%M-%S}-{sent[0].inference_id}{suffix}"
        self._account.put_labels(name, lines)


def _label_line(sent: SentRequest, *, inverted: bool) -> str:
    labels = [str(1 - int(label)) if inverted else label for label in sent.labels]
    return json.dumps(
        {
            "groundTruthData": {"data": "\n".join(labels), "encoding": "CSV"},
            "eventMetadata": {"eventId": sent.inference_id},
            "eventVersion": "0",
        }
    )
