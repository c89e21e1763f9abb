"""driftloop.yaml: from text to :class:`~driftloop.config.model.Config`, with all errors at once."""

from typing import Any

import yaml
from pydantic import ValidationError

from driftloop.config.model import Config
from driftloop.errors import ConfigError, Problem


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML's safe subset, where a key that stands twice is an error instead of a silent loss."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str | int | float | bool) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            if isinstance(key, str | int | float | bool):
                seen.add(key)
        return super().construct_mapping(node, deep)


def load_config(text: str, *, source: str = "driftloop.yaml") -> Config:
    """Parse and check a configuration; raises ConfigError with every problem of the file."""
    try:
        data = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506  (a SafeLoader)
    except yaml.YAMLError as error:
        raise ConfigError(source, [_yaml_problem(error)]) from error
    if not isinstance(data, dict):
        allowed = "a mapping with the key `models`"
        raise ConfigError(source, [Problem("(whole file)", type(data).__name__, allowed)])
    return validate_config(data, source=source)


def validate_config(data: dict[str, Any], *, source: str = "driftloop.yaml") -> Config:
    """Check a configuration that is already parsed; raises ConfigError with every problem."""
    try:
        return Config.model_validate(_with_defaults(data))
    except ValidationError as error:
        raise ConfigError(source, [_problem(dict(item)) for item in error.errors()]) from error


def _with_defaults(data: dict[str, Any]) -> dict[str, Any]:
    defaults, models = data.get("defaults"), data.get("models")
    if not isinstance(defaults, dict) or not isinstance(models, dict):
        return data
    merged = {
        name: _merge(defaults, model) if isinstance(model, dict) else model
        for name, model in models.items()
    }
    return {**data, "models": merged}


def _merge(base: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    merged = {**base, **override}
    for key, value in base.items():
        if isinstance(value, dict) and isinstance(override.get(key), dict) and key != "features":
            merged[key] = _merge(value, override[key])
    return merged


def _yaml_problem(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "(whole file)"
    what = getattr(error, "problem", None) or str(error)
    return Problem(where, "", f"not valid YAML: {what}")


def _problem(item: dict[str, Any]) -> Problem:
    path = ".".join(str(part) for part in item["loc"] if part != "[key]") or "(whole file)"
    if item["type"] == "missing":
        return Problem(path, "", "is required")
    if item["type"] == "extra_forbidden":
        return Problem(path, "", "is not a setting that exists; check its spelling and its place")
    value = repr(item["input"])
    if len(value) > 60:
        value = ""
    message = str(item["msg"]).removeprefix("Value error, ")
    return Problem(path, value, message)
