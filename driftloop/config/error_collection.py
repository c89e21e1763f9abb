"""All errors of a file at once, also those that pydantic looks for only when all else is right.

A check across settings runs when every setting of its section is right by itself. So what is wrong
is mended in a copy (taken out, renamed, or filled in where it is required), and the copy is checked
again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from driftloop.config.settings import Config

_ROUNDS = 4
_NO_FEATURES = {"?": "numeric"}
_FILL: Mapping[str, object] = {
    "problem_type": "regression",
    "features": _NO_FEATURES,
    "target": "?target",
    "family": "?",
    "training_data": "?",
}
"""Stands in for a required setting of a model."""

_OF_MENDING = ("missing", "too_short")
"""Kinds of error that taking something out can cause; real ones are found at the first look."""

Error = Mapping[str, Any]
Location = tuple[str | int, ...]


def collect_errors(data: dict[str, Any], first: ValidationError) -> list[Error]:
    """Every error of ``data``, of which ``first`` are those that one validation finds."""
    found: list[Error] = [dict(item) for item in first.errors()]
    latest, copy = found, _Copy(data)
    for _ in range(_ROUNDS):
        for item in latest:
            copy.mend(item["loc"], str(item["type"]))
        try:
            Config.model_validate(copy.data)
        except ValidationError as error:
            latest = [dict(item) for item in error.errors()]
            fresh = [copy.translated(item) for item in latest if not copy.caused(item)]
            known = {(item["loc"], item["type"]) for item in found}
            found += [item for item in fresh if (item["loc"], item["type"]) not in known]
        else:
            break
    return found


@dataclass
class _Copy:
    """The data in the making of being right."""

    data: Any
    _names: dict[str, str] = field(default_factory=dict)
    _without_features: set[str] = field(default_factory=set)

    def mend(self, location: Location, kind: str) -> None:
        if location[-1:] == ("[key]",) and len(location) == 3 and location[0] == "models":
            self._rename(str(location[1]))
            return
        if location[:1] == ("models",) and location[2:] == ("features",):
            self._without_features.add(str(location[1]))
        self.data = _mended(self.data, location, kind)

    def caused(self, item: Error) -> bool:
        """Whether an error comes of mending alone."""
        about_features = "names unknown features" in str(item["msg"])
        filled = len(item["loc"]) > 1 and str(item["loc"][1]) in self._without_features
        return item["type"] in _OF_MENDING or (about_features and filled)

    def translated(self, item: Error) -> Error:
        """The error under the name that stands in the file."""
        location = tuple(self._names.get(str(part), part) for part in item["loc"])
        return {**item, "loc": location}

    def _rename(self, name: str) -> None:
        legal = f"renamed-{len(self._names)}"
        self._names[legal] = name
        models = {
            legal if key == name else key: value for key, value in self.data["models"].items()
        }
        self.data = {**self.data, "models": models}


def _mended(data: Any, location: Location, kind: str) -> Any:
    """A copy of ``data`` in which the error at ``location`` is gone, where that can be had."""
    if not location:
        return data
    head, rest = location[0], location[1:]
    if isinstance(data, list) and isinstance(head, int):
        return [*data[:head], *data[head + 1 :]]
    if not isinstance(data, dict):
        return data
    if head == "features" and len(rest) == 1 and isinstance(data.get(head), dict):
        return {**data, head: {**data[head], rest[0]: "numeric"}}
    if rest and isinstance(data.get(head), dict | list):
        return {**data, head: _mended(data[head], rest, kind)}
    without = {key: value for key, value in data.items() if key != head}
    if head in _FILL and kind != "extra_forbidden":
        without[head] = _FILL[str(head)]
    return without
