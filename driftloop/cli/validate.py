"""``driftloop validate``: is a configuration right, and what should its author know?"""

from pathlib import Path

from driftloop.cli import s3
from driftloop.cli.places import exists
from driftloop.cli.settings import read_config
from driftloop.config import Config, advisories
from driftloop.errors import ConfigError, ConfigProblem

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
    if s3.is_uri(place):
        return []
    root = Path(place).parent
    return [
        ConfigProblem(f"models.{name}.{setting}", repr(value), f"there is no file {root / value}")
        for name, model in config.models.items()
        for setting in _FILES
        if (value := getattr(model, setting)) is not None
        and not s3.is_uri(value)
        and not exists(str(root / value))
    ]
