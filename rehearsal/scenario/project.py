"""The user's project: a copy of the example's driftloop.yaml that the scenario can change."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


class Project:
    """A folder with a driftloop.yaml."""

    def __init__(self, source: Path, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "driftloop.yaml"
        self._config: dict[str, Any] = yaml.safe_load(source.read_text())
        for model in self._config["models"].values():
            model["training_data"] = str((source.parent / model["training_data"]).resolve())
        self.write({})

    def write(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the project's settings, with ``changes`` by section applied to every model."""
        models = {name: _changed(model, changes) for name, model in self._config["models"].items()}
        config = {**self._config, "models": models}
        self.path.write_text(yaml.safe_dump(config, sort_keys=False))

    def change(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Write ``changes`` by section, which every later file has, too."""
        models = self._config["models"]
        self._config["models"] = {name: _changed(each, changes) for name, each in models.items()}
        self.write({})

    def add_model(self, name: str, like: str, settings: Mapping[str, Any]) -> None:
        """Add a model with the settings of another one and ``settings`` instead of some of them."""
        models = self._config["models"]
        models[name] = {**models[like], **settings}
        self.write({})


def _changed(model: Mapping[str, Any], changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    changed = {key: {**model.get(key, {}), **value} for key, value in changes.items()}
    return {**model, **changed}
