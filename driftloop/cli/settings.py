"""driftloop.yaml as the command line needs it: checked, with the families that are there."""

from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path

from driftloop.cli.places import read_bytes
from driftloop.config import Config, ModelSettings, load_config
from driftloop.errors import InputError


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
