"""What the release's parts share: one model at one moment."""

from dataclasses import dataclass
from datetime import datetime

from driftloop.config import ModelSettings
from lambdas.aws.fleet import ModelIndex
from lambdas.aws.ledger import Ledger
from lambdas.aws.wiring import AwsClients


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
