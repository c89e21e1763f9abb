"""driftloop.yaml as the command line needs it: checked, with the families that are there.

``driftloop validate``: is a configuration right, and what should its author know?
"""

from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path

from driftloop.config import Config, ModelSettings, advisories, load_config
from driftloop.errors import ConfigError, ConfigProblem, InputError
from driftloop.storage import has_file, is_s3_uri, read_bytes


def read_config(place: str) -> Config:
    """The configuration; raises ConfigError with every problem, InputError without a file."""
    try:
        text = read_bytes(place).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{place}: this is not a text file in UTF-8") from error
    return load_config(text, source=place, families=known_families())


def get_model(config: Config, name: str, place: str) -> ModelSettings:
    """One model of the configuration; raises InputError with the names that there are."""
    if name in config.models:
        return config.models[name]
    near = get_close_matches(name, config.models, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    names = ", ".join(config.models)
    raise InputError(f"{place} has no model {name!r}.{hint} It has: {names}")


def known_families() -> tuple[str, ...] | None:
    """Folders of pipelines/families, found without importing them; None without pipelines."""
    spec = find_spec("pipelines")
    if spec is None or not spec.submodule_search_locations:
        return None
    roots = [Path(location, "families") for location in spec.submodule_search_locations]
    found = sorted({path.parent.name for root in roots for path in root.glob("*/train.py")})
    return tuple(found) or None


_FILES = ("training_data", "initial_model", "initial_baseline")


def validate(place: str) -> list[str]:
    """Lines to print; raises ConfigError where a setting, or a file that is named, is wrong."""
    config = read_config(place)
    absent = _absent_files(config, place)
    if absent:
        raise ConfigError(place, absent)
    count = len(config.models)
    lines = [f"{place}: valid, {count} model{'s' if count != 1 else ''}"]
    lines += [
        f"  {name}: {model.problem_type}, {len(model.features)} features, family {model.family}"
        for name, model in config.models.items()
    ]
    return lines + [f"warning: {note}" for note in advisories(config)]


def _absent_files(config: Config, place: str) -> list[ConfigProblem]:
    """Files that the configuration names and that are not there; S3 is not asked."""
    if is_s3_uri(place):
        return []
    root = Path(place).parent
    return [
        ConfigProblem(f"models.{name}.{setting}", repr(value), f"there is no file {root / value}")
        for name, model in config.models.items()
        for setting in _FILES
        if (value := getattr(model, setting)) is not None
        and not is_s3_uri(value)
        and not has_file(str(root / value))
    ]
