"""What the release's parts share: one model at one moment.

What the gate's parts share for one model: its configuration, its ledger, its clients.

What the parts of judge share: one model and one window.
"""

from dataclasses import dataclass
from datetime import datetime

from driftloop.config import ModelSettings
from driftloop.window import Window
from lambdas.aws.clients import AwsClients
from lambdas.aws.fleet import ModelIndex
from lambdas.aws.ledger import Ledger
from lambdas.aws.storage import Bucket


@dataclass(frozen=True, slots=True)
class ModelContext:
    """One model, as of ``now``; ``event`` identifies what woke the function."""

    aws: AwsClients
    models: ModelIndex
    name: str
    config: ModelSettings
    ledger: Ledger
    as_of: datetime
    event: str

    @classmethod
    def load(
        cls, aws: AwsClients, models: ModelIndex, name: str, now: datetime, event: str
    ) -> "ModelContext":
        """Raises InputError where driftloop.yaml has no such model."""
        ledger = Ledger(aws.client("dynamodb"), aws.setting("LEDGER_TABLE"), name)
        return cls(aws, models, name, models.model(name), ledger, now, event)

    @property
    def resource(self) -> str:
        """Name of the model's endpoint and package group."""
        return self.models.names.resource(self.name)


def version_key(number: int) -> str:
    """Where the ledger keeps a version."""
    return f"VERSION#{number:05d}"


@dataclass(frozen=True, slots=True)
class GateModelContext:
    """One model, as the gate sees it."""

    aws: AwsClients
    models: ModelIndex
    name: str
    config: ModelSettings
    ledger: Ledger

    @classmethod
    def load(cls, aws: AwsClients, models: ModelIndex, name: str) -> "GateModelContext":
        """Raises InputError where driftloop.yaml has no such model."""
        ledger = Ledger(aws.client("dynamodb"), aws.setting("LEDGER_TABLE"), name)
        return cls(aws, models, name, models.model(name), ledger)

    @property
    def resource(self) -> str:
        """Name of the model's pipeline and package group."""
        return self.models.names.resource(self.name)


@dataclass(frozen=True, slots=True)
class AnalysisContext:
    """One analysis, as of ``now``."""

    aws: AwsClients
    model: str
    endpoint: str
    config: ModelSettings
    analysis: Bucket
    ledger: Ledger
    window: Window
    revision: int
    as_of: datetime
