"""Reads driftloop.yaml for the commands, and ``driftloop validate``, which checks it."""

import os
from dataclasses import replace
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from driftloop.config import Config, ModelSettings, advisories, load_config
from driftloop.config.quotas import required_quotas
from driftloop.config.regions import region_advisories
from driftloop.errors import ConfigError, ConfigProblem, InputError, UnreachableError
from driftloop.s3_uri import is_s3_uri
from driftloop.storage import has_file, open_seekable, read_bytes

if TYPE_CHECKING:
    from driftloop.quality.training_data import Finding

REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION", "CDK_DEFAULT_REGION")
"""Environment variables that name the region, the first that is set."""
FILE_SETTINGS = ("training_data", "initial_model", "initial_baseline")
"""Settings of a model that name a file."""


def read_config(uri: str) -> Config:
    """Read a configuration; raises ConfigError with every problem, InputError without a file."""
    try:
        text = read_bytes(uri).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{uri}: this is not a text file in UTF-8") from error
    return load_config(text, source=uri, families=known_families())


def get_model(config: Config, name: str, uri: str) -> ModelSettings:
    """One model of the configuration; raises InputError that lists the existing names."""
    if name in config.models:
        return config.models[name]
    similar = get_close_matches(name, config.models, n=1)
    hint = f" Did you mean {similar[0]!r}?" if similar else ""
    names = ", ".join(config.models)
    raise InputError(f"{uri} has no model {name!r}.{hint} It has: {names}")


def known_families() -> tuple[str, ...] | None:
    """The folders of pipelines/families, which are not imported; None outside of a checkout."""
    spec = find_spec("pipelines")
    if spec is None or not spec.submodule_search_locations:
        return None
    roots = [Path(location, "families") for location in spec.submodule_search_locations]
    found = sorted({path.parent.name for root in roots for path in root.glob("*/train.py")})
    return tuple(found) or None


def validate(config: str, region: str | None = None, account: bool = False) -> list[str]:
    """Check a configuration and the files that it names, with a sample of the training data.

    Args:
        config: Path or S3 URI of driftloop.yaml.
        region: AWS region of the fleet, to warn of what it lacks; by default that of the
            environment variables AWS_REGION, AWS_DEFAULT_REGION or CDK_DEFAULT_REGION.
        account: Whether to compare with the AWS account: its quotas, and its stacks of models
            that are not in the configuration.
    Returns:
        Lines to print: the models, the quotas that they need, and warnings of valid settings that
        may surprise.
    Raises:
        ConfigError: A setting is invalid, a file that one names is missing, or the training data
            is not what the settings say.
        InputError: The configuration is missing or can't be read, or AWS refused a request.
    Example:
        >>> validate("driftloop.yaml")[0]  # doctest: +SKIP
        'driftloop.yaml: valid, 1 model'
    """
    settings = read_config(config)
    problems = [*_missing_files(settings, config), *_unsupported_settings(settings)]
    of_data, data_notes = _check_training_data(settings, config)
    problems += of_data
    if problems:
        raise ConfigError(config, problems)
    count = len(settings.models)
    lines = [f"{config}: valid, {count} model{'s' if count != 1 else ''}"]
    lines += [
        f"  {name}: {model.problem_type}, {len(model.schema_.names)} features,"
        f" family {model.family}"
        for name, model in settings.models.items()
    ]
    lines += [
        f"  quota {quota.name}: at least {quota.minimum}, up to {quota.maximum} at once"
        for quota in required_quotas(settings)
    ]
    notes = [*advisories(settings), *data_notes]
    region = region or next(filter(None, map(os.environ.get, REGION_VARIABLES)), None)
    if region is not None:
        notes += region_advisories(region)
    if account:
        from driftloop.cli.account_checks import check_account

        notes += check_account(settings, region)
    return lines + [f"warning: {note}" for note in notes]


def _unsupported_settings(settings: Config) -> list[ConfigProblem]:
    """Settings that the models' families do not support, such as unknown hyperparameters.

    The families are code of the project: outside of its checkout there is none to ask.
    """
    if known_families() is None:
        return []
    families = import_module("pipelines.families").FAMILIES
    return [
        replace(problem, path=f"models.{name}.{problem.path}")
        for name, model in settings.models.items()
        if model.family in families
        for problem in families[model.family].unsupported_settings(model.training)
    ]


def _missing_files(settings: Config, config: str) -> list[ConfigProblem]:
    """Local files that the configuration names and that do not exist; S3 is not requested."""
    if is_s3_uri(config):
        return []
    root = Path(config).parent
    return [
        ConfigProblem(f"models.{name}.{setting}", repr(value), f"there is no file {root / value}")
        for name, model in settings.models.items()
        for setting in FILE_SETTINGS
        if (value := getattr(model, setting)) is not None
        and not is_s3_uri(value)
        and not has_file(str(root / value))
    ]


def _check_training_data(settings: Config, config: str) -> tuple[list[ConfigProblem], list[str]]:
    """What a sample of each model's training data contradicts, and what is worth a warning."""
    problems, notes = [], []
    for name, model in settings.models.items():
        location = model.training_data
        if not is_s3_uri(location):
            if is_s3_uri(config) or not has_file(str(Path(config).parent / location)):
                continue  # a missing file is a problem already
            location = str(Path(config).parent / location)
        path = f"models.{name}"
        try:
            found = sample_findings(model, location)
        except UnreachableError as error:
            notes.append(f"{path}.training_data was not looked at: {error}")
            continue
        except InputError as error:
            problems.append(ConfigProblem(f"{path}.training_data", "", str(error)))
            continue
        for finding in found:
            text = f"{model.training_data}: {finding.message}"
            if finding.is_error:
                problems.append(ConfigProblem(f"{path}.{finding.setting}", "", text))
            else:
                notes.append(f"{path}.{finding.setting}: {text}")
    return problems, notes


def sample_findings(model: ModelSettings, location: str) -> "list[Finding]":
    """What a sample of the training data at a path or S3 URI says of a model's settings."""
    from driftloop.quality.training_data import Rows, check_training_data
    from driftloop.training_table import parse_sample

    with open_seekable(location) as stream:
        sample = parse_sample(location, stream)
    return check_training_data(
        model.schema_,
        sample.columns,
        Rows(sample.rows, sample.is_complete),
        time_column=model.time_column,
        time_zone=model.time_zone,
        holdout_share=model.evaluation.holdout_share,
        max_unusable_share=model.retraining.max_unusable_share,
    )
