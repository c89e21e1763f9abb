"""Loads driftloop.yaml as a ``Config``, and reports all errors at once."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

import yaml
from pydantic import ValidationError

from driftloop.config.error_collection import collect_errors
from driftloop.config.error_messages import to_config_problem
from driftloop.config.settings import Config
from driftloop.config.yaml_text import parse_yaml
from driftloop.errors import ConfigError, ConfigProblem


def load_config(
    text: str, *, source: str = "driftloop.yaml", families: Collection[str] | None = None
) -> Config:
    """Parse and check a configuration.

    Args:
        text: YAML.
        source: Name of the file, for messages.
        families: Model families that exist; None does not check their names.
    Returns:
        The configuration; the section ``defaults`` is merged into every model.
    Raises:
        ConfigError: The configuration is invalid; it lists every problem of the file.
    """
    try:
        data = parse_yaml(text)
    except yaml.YAMLError as error:
        raise ConfigError(source, [_yaml_problem(error)]) from error
    except (ValueError, RecursionError) as error:
        # YAML's own constructors: a number of 5,000 digits, 1,000 brackets
        problem = ConfigProblem("(whole file)", "", f"not valid YAML: {error}")
        raise ConfigError(source, [problem]) from error
    if not isinstance(data, dict):
        allowed = "a mapping with the key `models`"
        raise ConfigError(source, [ConfigProblem("(whole file)", type(data).__name__, allowed)])
    return validate_config(data, source=source, families=families)


def validate_config(
    data: dict[str, Any],
    *,
    source: str = "driftloop.yaml",
    families: Collection[str] | None = None,
) -> Config:
    """Check a parsed configuration; as :func:`load_config`."""
    problems: list[ConfigProblem] = []
    config: Config | None = None
    try:
        data = _with_defaults(data)
        config = Config.model_validate(data)
    except ValidationError as error:
        problems += [to_config_problem(item) for item in collect_errors(data, error)]
    except RecursionError as error:
        problem = ConfigProblem("(whole file)", "", "contains an alias that contains itself")
        raise ConfigError(source, [problem]) from error
    problems += _unknown_families(data, families)
    if config is None or problems:
        raise ConfigError(source, problems)
    return config


def _unknown_families(
    data: dict[str, Any], families: Collection[str] | None
) -> list[ConfigProblem]:
    models = data.get("models")
    if families is None or not isinstance(models, dict):
        return []
    named = {
        name: model["family"]
        for name, model in models.items()
        if isinstance(model, dict) and isinstance(model.get("family"), str)
    }
    return [
        ConfigProblem(f"models.{name}.family", repr(family), _family_rule(family, families))
        for name, family in named.items()
        if family not in families
    ]


def _family_rule(family: str, families: Collection[str]) -> str:
    near = get_close_matches(family, families, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"is not a model family; there are {', '.join(sorted(families))}{hint}"


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


def _yaml_problem(error: yaml.YAMLError) -> ConfigProblem:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "(whole file)"
    what = getattr(error, "problem", None) or str(error)
    return ConfigProblem(where, "", f"not valid YAML: {what}")
