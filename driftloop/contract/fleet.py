"""``fleet.json``: what synthesis tells the Lambda functions, without a single CDK token.

Synthesis writes it (an S3 asset), the functions read it when they start: the checked configuration,
and the generated table of which alarm belongs to which model.
"""

import json
from dataclasses import dataclass

from driftloop.config import Config, validate_config


@dataclass(frozen=True, slots=True)
class AlarmEntry:
    """What an alarm is about, and whether the gate is asked when it goes off."""

    model: str
    kind: str
    invokes_gate: bool


@dataclass(frozen=True, slots=True)
class Fleet:
    """The configuration and the alarms, by alarm name."""

    config: Config
    alarms: dict[str, AlarmEntry]

    def to_json(self) -> str:
        """Canonical text: the same fleet gives the same bytes."""
        alarms = {
            name: {"model": entry.model, "kind": entry.kind, "invokes_gate": entry.invokes_gate}
            for name, entry in self.alarms.items()
        }
        config = self.config.model_dump(mode="json", exclude={"defaults"})
        return json.dumps({"alarms": alarms, "config": config}, sort_keys=False)

    @classmethod
    def from_json(cls, text: str) -> "Fleet":
        """The inverse of :meth:`to_json`; raises ConfigError where the configuration is wrong."""
        data = json.loads(text)
        return cls(
            config=validate_config(data["config"], source="fleet.json"),
            alarms={name: AlarmEntry(**entry) for name, entry in data["alarms"].items()},
        )
