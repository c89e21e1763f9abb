"""What the gate's parts share for one model: its configuration, its ledger, its clients."""

from dataclasses import dataclass

from driftloop.config import ModelSettings
from lambdas.aws.fleet import ModelIndex
from lambdas.aws.ledger import Ledger
from lambdas.aws.wiring import AwsClients


@dataclass(frozen=True, slots=True)
class ModelContext:
    """One model, as the gate sees it."""

    aws: AwsClients
    models: ModelIndex
    name: str
    config: ModelSettings
    ledger: Ledger

    @classmethod
    def load(cls, aws: AwsClients, models: ModelIndex, name: str) -> "ModelContext":
        """Raises InputError where driftloop.yaml has no such model."""
        ledger = Ledger(aws.client("dynamodb"), aws.setting("LEDGER_TABLE"), name)
        return cls(aws, models, name, models.model(name), ledger)

    @property
    def resource(self) -> str:
        """Name of the model's pipeline and package group."""
        return self.models.names.resource(self.name)
