"""Checks of arguments: a wrong type or value is one InputError that says what to give instead."""

from collections.abc import Sequence
from dataclasses import fields, replace

from driftloop import profile
from driftloop.detection import DriftPolicy
from driftloop.errors import InputError
from driftloop.path_expressions import PathExpression
from driftloop.payload_mapping import PayloadMapping
from driftloop.quality import QualityLimits
from driftloop.report import window_report
from driftloop.schema import Schema


def require_baseline(value: object, argument: str = "baseline") -> None:
    """Raise InputError where ``value`` is no baseline, but for example its path or a data frame."""
    if isinstance(value, profile.Baseline):
        return
    hint = (
        f"load it with driftloop.Baseline.load({value!r})"
        if isinstance(value, str)
        else "make one with driftloop.Baseline.fit(reference)"
    )
    raise InputError(
        f"{argument}: a Baseline is needed, and {type(value).__qualname__} was given; {hint}"
    )


def require_texts(**values: object) -> None:
    """Raise InputError where an argument that is one name, or None, is no string."""
    for argument, value in values.items():
        if value is not None and not isinstance(value, str):
            raise InputError(f"{argument}={value!r}: give one name, as a string")


def require_mapping(mapping: PayloadMapping, schema: Schema) -> None:
    """Raise InputError where a path is no path, or names do not fit the baseline's features."""
    require_texts(records_key=mapping.records_key, prediction_key=mapping.prediction_key)
    require_texts(**{f"feature_keys[{name!r}]": key for name, key in mapping.feature_keys.items()})
    paths = {
        "records_key": mapping.records_key,
        "prediction_key": mapping.prediction_key,
        **{f"feature_keys[{name!r}]": key for name, key in mapping.feature_keys.items()},
    }
    for argument, text in paths.items():
        try:
            path = None if text is None else PathExpression.parse(text)
        except ValueError as error:
            raise InputError(f"{argument}: {error}") from error
        if argument.startswith("feature_keys") and path is not None and path.first_key is None:
            raise InputError(f"{argument}={text!r}: a path within a row begins with a key")
    unknown = sorted(set(mapping.feature_keys) - set(schema.names))
    if unknown:
        raise InputError(f"feature_keys names no features of the baseline: {', '.join(unknown)}")


def with_request_columns(schema: Schema, columns: Sequence[str]) -> Schema:
    """The schema with other columns of a request row; InputError where a feature is missing."""
    if not columns:
        return schema
    try:
        return replace(schema, request_columns=tuple(columns))
    except ValueError as error:
        absent = ", ".join(name for name in schema.names if name not in columns) or "none"
        raise InputError(
            f"request_columns: name every column of a request row once; missing are {absent}"
        ) from error


def require_reports(history: object) -> None:
    """Raise InputError where the reports of earlier windows are no sequence of reports."""
    if isinstance(history, Sequence) and all(
        isinstance(report, window_report.WindowReport) for report in history
    ):
        return
    raise InputError(
        "history: a list of reports is needed; read stored ones with driftloop.WindowReport.load"
    )


def require_policy(policy: object) -> None:
    """Raise InputError that lists the values of a policy that driftloop.yaml would not allow."""
    if not isinstance(policy, DriftPolicy):
        raise _wrong_type("policy", policy, "DriftPolicy(min_effect_size=0.5)")
    if not isinstance(policy.quality, QualityLimits):
        raise _wrong_type("policy: quality", policy.quality, "QualityLimits(range_margin=1.0)")
    # 0.1 s: only who hands in a policy waits for it
    from pydantic import ValidationError

    from driftloop.config.error_messages import to_config_problem
    from driftloop.config.sections import MonitoringSettings, QualitySettings

    problems: list[str] = []
    for section, values in (
        (MonitoringSettings, {name: getattr(policy, name) for name in _names(policy)}),
        (QualitySettings, {name: getattr(policy.quality, name) for name in _names(policy.quality)}),
    ):
        try:
            section.model_validate(values)
        except ValidationError as error:
            problems += [str(to_config_problem(item)) for item in error.errors()]
    if problems:
        raise InputError(f"policy: {'; '.join(problems)}")


def _names(policy: DriftPolicy | QualityLimits) -> list[str]:
    return [item.name for item in fields(policy) if item.name != "quality"]


def _wrong_type(argument: str, value: object, example: str) -> InputError:
    return InputError(
        f"{argument}: {type(value).__qualname__} was given; write driftloop.{example}"
    )
