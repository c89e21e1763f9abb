"""The user's project: the example's driftloop.yaml, copied so that the scenario can edit it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


class Project:
    """A driftloop.yaml of its own, beside nothing else."""

    def __init__(self, source: Path, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "driftloop.yaml"
        self._first: dict[str, Any] = yaml.safe_load(source.read_text())
        for model in self._first["models"].values():
            model["training_data"] = str((source.parent / model["training_data"]).resolve())
        self.write({})

    def write(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """The example's settings with some sections of every model changed."""
        config = {**self._first, "models": {}}
        for name, model in self._first["models"].items():
            merged = {key: {**model.get(key, {}), **value} for key, value in changes.items()}
            config["models"][name] = {**model, **merged}
        self.path.write_text(yaml.safe_dump(config, sort_keys=False))
