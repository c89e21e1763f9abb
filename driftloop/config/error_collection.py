"""Collects all errors of a file at once, also those that pydantic checks only in valid sections.

pydantic runs a check across settings only when every setting of its section is valid by itself. So
invalid settings are corrected in a copy (removed, renamed, or filled in where they are required),
and the copy is validated again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from driftloop.config.settings import Config

MAX_ROUNDS = 4
"""Validations of a corrected copy: a correction can uncover further errors."""

_NO_FEATURES = {"?": "numeric"}
_PLACEHOLDERS: Mapping[str, object] = {
    "problem_type": "regression",
    "features": _NO_FEATURES,
    "target": "?target",
    "family": "?",
    "training_data": "?",
}
"""Values in place of required settings of a model."""

_CAUSED_BY_REMOVAL = ("missing", "too_short")
"""Types of errors that a removal can cause; real ones are found by the first validation."""

Error = Mapping[str, Any]
Location = tuple[str | int, ...]


def collect_errors(data: dict[str, Any], first: ValidationError) -> list[Error]:
    """Every error of ``data``; ``first`` holds those of its first validation."""
    found: list[Error] = [dict(item) for item in first.errors()]
    latest, copy = found, _CorrectedCopy(data)
    for _ in range(MAX_ROUNDS):
        for item in latest:
            copy.correct(item["loc"], str(item["type"]))
        try:
            Config.model_validate(copy.data)
        except ValidationError as error:
            latest = [dict(item) for item in error.errors()]
            new = [copy.with_own_names(item) for item in latest if not copy.has_caused(item)]
            known = {(item["loc"], item["type"]) for item in found}
            found += [item for item in new if (item["loc"], item["type"]) not in known]
        else:
            break
    return found


@dataclass
class _CorrectedCopy:
    """The data with corrections; it remembers which errors these can cause."""

    data: Any
    _names: dict[str, str] = field(default_factory=dict)
    _without_features: set[str] = field(default_factory=set)

    def correct(self, location: Location, kind: str) -> None:
        """Correct the error of type ``kind`` at ``location``."""
        if location[-1:] == ("[key]",) and len(location) == 3 and location[0] == "models":
            self._rename(str(location[1]))
            return
        if location[:1] == ("models",) and location[2:] == ("features",):
            self._without_features.add(str(location[1]))
        self.data = _corrected(self.data, location, kind)

    def has_caused(self, item: Error) -> bool:
        """Whether only a correction caused the error."""
        about_features = "names unknown features" in str(item["msg"])
        filled = len(item["loc"]) > 1 and str(item["loc"][1]) in self._without_features
        return item["type"] in _CAUSED_BY_REMOVAL or (about_features and filled)

    def with_own_names(self, item: Error) -> Error:
        """The error with the names that the file has."""
        location = tuple(self._names.get(str(part), part) for part in item["loc"])
        return {**item, "loc": location}

    def _rename(self, name: str) -> None:
        valid = f"renamed-{len(self._names)}"
        self._names[valid] = name
        models = {
            valid if key == name else key: value for key, value in self.data["models"].items()
        }
        self.data = {**self.data, "models": models}


def _corrected(data: Any, location: Location, kind: str) -> Any:
    """A copy of ``data`` without the error at ``location``, where that is possible."""
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
        return {**data, head: _corrected(data[head], rest, kind)}
    without = {key: value for key, value in data.items() if key != head}
    if head in _PLACEHOLDERS and kind != "extra_forbidden":
        without[head] = _PLACEHOLDERS[str(head)]
    return without
