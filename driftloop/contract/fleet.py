"""``fleet.json``: what the Lambda functions read of the configuration; contains no CDK token.

Synthesis writes it as an S3 asset, and the functions read it when they start: the validated
configuration, and the generated table of alarms with their models.
"""

import json
from dataclasses import dataclass

from driftloop.config import Config, validate_config


@dataclass(frozen=True, slots=True)
class AlarmEntry:
    """The model and kind of an alarm, and whether it invokes the gate."""

    model: str
    kind: str
    invokes_gate: bool


@dataclass(frozen=True, slots=True)
class Fleet:
    """The configuration and the alarms, by alarm name."""

    config: Config
    alarms: dict[str, AlarmEntry]

    def to_json(self) -> str:
        """Canonical JSON: equal fleets give equal text."""
        alarms = {
            name: {"model": entry.model, "kind": entry.kind, "invokes_gate": entry.invokes_gate}
            for name, entry in self.alarms.items()
        }
        config = self.config.model_dump(mode="json", exclude={"defaults"})
        return json.dumps({"alarms": alarms, "config": config}, sort_keys=False)

    @classmethod
    def from_json(cls, text: str) -> "Fleet":
        """The inverse of :meth:`to_json`; raises ConfigError if the configuration is invalid."""
        data = json.loads(text)
        return cls(
            config=validate_config(data["config"], source="fleet.json"),
            alarms={name: AlarmEntry(**entry) for name, entry in data["alarms"].items()},
        )
