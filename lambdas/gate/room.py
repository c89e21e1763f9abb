"""What the gate's parts share for one model: its configuration, its ledger, its clients."""

from dataclasses import dataclass

from driftloop.config import Model
from lambdas.aws.fleet import Models
from lambdas.aws.ledger import Ledger
from lambdas.aws.wiring import Aws


@dataclass(frozen=True, slots=True)
class Room:
    """One model, as the gate sees it."""

    aws: Aws
    models: Models
    name: str
    config: Model
    ledger: Ledger

    @classmethod
    def of(cls, aws: Aws, models: Models, name: str) -> "Room":
        """Raises InputError where driftloop.yaml has no such model."""
        ledger = Ledger(aws.client("dynamodb"), aws.setting("LEDGER_TABLE"), name)
        return cls(aws, models, name, models.model(name), ledger)

    @property
    def resource(self) -> str:
        """Name of the model's pipeline and package group."""
        return self.models.names.resource(self.name)
