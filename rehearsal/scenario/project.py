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
        self._original: dict[str, Any] = yaml.safe_load(source.read_text())
        for model in self._original["models"].values():
            model["training_data"] = str((source.parent / model["training_data"]).resolve())
        self.write({})

    def write(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the example's settings, with ``changes`` by section applied to every model."""
        config = {**self._original, "models": {}}
        for name, model in self._original["models"].items():
            changed = {key: {**model.get(key, {}), **value} for key, value in changes.items()}
            config["models"][name] = {**model, **changed}
        self.path.write_text(yaml.safe_dump(config, sort_keys=False))
