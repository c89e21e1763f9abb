"""The fleet file, read once per container: its key contains its hash, so it never changes."""

import re
from functools import cached_property

from driftloop.config import ModelSettings
from driftloop.contract.fleet import Fleet
from driftloop.contract.resource_names import ResourceNames, delete_stack_command
from driftloop.errors import InputError
from driftloop.untrusted_text import quoted_value
from lambdas.aws.clients import AwsClients
from lambdas.aws.storage import Bucket

_MODEL_NAME = re.compile(r"[A-Za-z0-9_-]{1,30}")
"""What the name of a model can be in driftloop.yaml."""

_READ: dict[tuple[str, str], "ModelIndex"] = {}


class ModelIndex:
    """The fleet, and which model a resource belongs to."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.names = ResourceNames(fleet.config.environment)

    def model(self, name: str) -> ModelSettings:
        """The settings of a model; raises InputError, which names the models that exist."""
        try:
            return self.fleet.config.models[name]
        except KeyError:
            raise InputError(self.unknown_model(name)) from None

    def has_model(self, name: str) -> bool:
        """Whether driftloop.yaml has the model."""
        return name in self.fleet.config.models

    def unknown_model(self, name: str) -> str:
        """That a model is not in driftloop.yaml, and what to do if it was removed.

        `cdk deploy --all` deletes no stack, and `cdk destroy` knows only stacks of the app.
        """
        known = ", ".join(sorted(self.fleet.config.models))
        message = f"driftloop.yaml has no model {quoted_value(name)}; it has {known}"
        if not _MODEL_NAME.fullmatch(name):
            return message  # the sender of an event must not write a command that people run
        return (
            f"{message}. If the model was removed, its stack keeps running: delete it with"
            f" `{delete_stack_command(self.names.model_stack(name))}`"
        )

    def find_by_resource(self, resource: str) -> str | None:
        """The model of an endpoint, package group or pipeline (whose ARNs are lower case)."""
        return self._resources.get(resource.lower())

    def find_by_parameter(self, parameter: str) -> str | None:
        """The model of a serving parameter."""
        return self._parameters.get(parameter)

    def gate_alarms(self, model: str) -> dict[str, str]:
        """Names and kinds of the model's alarms that invoke the gate."""
        return {
            name: entry.kind
            for name, entry in self.fleet.alarms.items()
            if entry.model == model and entry.invokes_gate
        }

    @cached_property
    def _resources(self) -> dict[str, str]:
        return {self.names.resource(name).lower(): name for name in self.fleet.config.models}

    @cached_property
    def _parameters(self) -> dict[str, str]:
        return {self.names.serving_parameter(name): name for name in self.fleet.config.models}


def load_models(aws: AwsClients) -> ModelIndex:
    """The fleet that the function's environment variables name."""
    location = (aws.setting("FLEET_BUCKET"), aws.setting("FLEET_KEY"))
    if location not in _READ:
        text = Bucket(aws.client("s3"), location[0]).get(location[1]).decode()
        _READ[location] = ModelIndex(Fleet.from_json(text))
    return _READ[location]
