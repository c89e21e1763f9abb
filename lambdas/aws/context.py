"""What the parts of one invocation share: clients, one model's settings and ledger, the time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from driftloop.config import ModelSettings
from driftloop.contract.deduplication import deduplication_id
from driftloop.window import Window
from lambdas.aws.clients import AwsClients
from lambdas.aws.fleet import ModelIndex
from lambdas.aws.ledger import Ledger
from lambdas.aws.storage import Bucket


@dataclass(frozen=True, slots=True)
class ModelContext:
    """One model, as of the time that the event gives: never the clock's, so that a retry agrees."""

    aws: AwsClients
    models: ModelIndex
    name: str
    settings: ModelSettings
    ledger: Ledger
    as_of: datetime

    @classmethod
    def load(cls, aws: AwsClients, models: ModelIndex, name: str, as_of: datetime) -> Self:
        """Raises InputError if driftloop.yaml has no such model."""
        return cls(aws, models, name, models.model(name), open_ledger(aws, name), as_of)

    @property
    def environment(self) -> str:
        """The environment of driftloop.yaml, which own events carry."""
        return self.models.names.environment

    @property
    def resource(self) -> str:
        """Name of the model's endpoint, pipeline and model package group."""
        return self.models.names.resource(self.name)

    def deduplication_id(self, kind: str, *key: str | int | datetime | None) -> str:
        """The ID of the model's event or notification of this ``kind`` about ``key``."""
        return deduplication_id(self.environment, kind, self.name, *key)


@dataclass(frozen=True, slots=True)
class AnalysisContext(ModelContext):
    """One analysis of one window; ``revision`` counts its reruns.

    ``started_at`` is when the execution was started, which may be long after ``as_of``, as of a
    month that is analyzed at once. It is the same in each attempt. None if it is not known.
    """

    window: Window
    revision: int
    started_at: datetime | None = None

    @classmethod
    def load_window(
        cls,
        aws: AwsClients,
        models: ModelIndex,
        name: str,
        as_of: datetime,
        *,
        window: Window,
        revision: int,
        started_at: datetime | None = None,
    ) -> Self:
        """Raises InputError if driftloop.yaml has no such model."""
        settings, ledger = models.model(name), open_ledger(aws, name)
        return cls(aws, models, name, settings, ledger, as_of, window, revision, started_at)

    @property
    def analysis_bucket(self) -> Bucket:
        """Where profiles and reports are stored."""
        return Bucket(self.aws.client("s3"), self.aws.setting("ANALYSIS_BUCKET"))


def open_ledger(aws: AwsClients, model: str) -> Ledger:
    """The part of the ledger table that belongs to one model."""
    return Ledger(aws.client("dynamodb"), aws.setting("LEDGER_TABLE"), model)
