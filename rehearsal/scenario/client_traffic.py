"""Requests to the endpoint, as clients send them, and the labels that come later."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from rehearsal.scenario.account import Account


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request that was answered, and the labels of its rows."""

    identity: str
    when: datetime
    labels: tuple[str, ...]


class ClientTraffic:
    """The clients of the endpoint, and the job that collects labels."""

    def __init__(self, account: Account, now: Callable[[], datetime]) -> None:
        self._account, self._now = account, now
        self._unlabelled: list[SentRequest] = []
        self.sent: list[SentRequest] = []
        self.answered = 0
        self.errors = 0
        self._requests = 0

    def send(self, payload: str, labels: Sequence[int]) -> bool:
        """One request (CSV, a row a line), whose labels come later; whether it was answered."""
        self._requests += 1
        identity = f"request-{self._requests:06d}"
        try:
            answer = self._account.client("sagemaker-runtime").invoke_endpoint(
                EndpointName=self._account.endpoint,
                Body=payload.encode(),
                ContentType="text/csv",
                Accept="text/csv",
                InferenceId=identity,
            )
            answer["Body"].read()
        except ClientError:
            self.errors += 1
            return False
        self.answered += 1
        sent = SentRequest(identity, self._now(), tuple(str(int(label)) for label in labels))
        self.sent.append(sent)
        self._unlabelled.append(sent)
        return True

    def collect_labels(self, delay: timedelta) -> None:
        """Write the labels of requests that are at least ``delay`` old."""
        ready = [sent for sent in self._unlabelled if sent.when + delay <= self._now()]
        if ready:
            self._unlabelled = [sent for sent in self._unlabelled if sent not in ready]
            self.write_labels(ready)

    def write_labels(self, sent: list[SentRequest], *, inverted: bool = False) -> None:
        """Write labels as SageMaker documents it; again, and wrong, where a job is broken."""
        lines = [_line(item, inverted=inverted) for item in sent]
        name = f"{self._now():%M-%S}-{sent[0].identity}{'-again' if inverted else ''}"
        self._account.put_labels(name, lines)


def _line(sent: SentRequest, *, inverted: bool) -> str:
    labels = [str(1 - int(label)) if inverted else label for label in sent.labels]
    return json.dumps(
        {
            "groundTruthData": {"data": "\n".join(labels), "encoding": "CSV"},
            "eventMetadata": {"eventId": sent.identity},
            "eventVersion": "0",
        }
    )
