"""The expressions of a pipeline definition, and its conditions."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.sagemaker.protocols import Body


@dataclass(frozen=True, slots=True)
class ExpressionScope:
    """The values to which an expression may refer while a pipeline runs.

    ``steps`` has the properties of each step that has ended. ``read_property_file`` takes a step
    and the name of its property file; ``read_object`` takes an S3 URI.
    """

    parameters: Mapping[str, Any]
    execution: Mapping[str, Any]
    read_property_file: Callable[[str, str], Any]
    read_object: Callable[[str], bytes]
    steps: dict[str, Body] = field(default_factory=dict)


class ResolutionError(Exception):
    """An expression refers to something that does not exist."""


def resolve(value: Any, scope: ExpressionScope) -> Any:
    """Replace every expression in ``value`` by its result; raises ResolutionError."""
    if isinstance(value, list):
        return [resolve(member, scope) for member in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Get"}:
        return _resolve_path(value["Get"], scope)
    if value.keys() == {"Std:Join"}:
        join = value["Std:Join"]
        return str(join["On"]).join(str(resolve(each, scope)) for each in join["Values"])
    if value.keys() == {"Std:JsonGet"}:
        return _json_get(value["Std:JsonGet"], scope)
    return {key: resolve(member, scope) for key, member in value.items()}


def is_met(condition: Body, scope: ExpressionScope) -> bool:
    """Return whether a condition is met; raises ResolutionError."""
    kind = condition["Type"]
    if kind == "Not":
        return not is_met(condition.get("Condition") or condition["Expression"], scope)
    if kind == "Or":
        return any(is_met(each, scope) for each in condition["Conditions"])
    if kind == "In":
        return resolve(condition["QueryValue"], scope) in resolve(condition["Values"], scope)
    left = resolve(condition["LeftValue"], scope)
    right = resolve(condition["RightValue"], scope)
    if kind == "Equals":
        return bool(left == right)
    return _compare(kind, float(left), float(right))


def _compare(kind: str, left: float, right: float) -> bool:
    outcomes = {
        "GreaterThan": left > right,
        "GreaterThanOrEqualTo": left >= right,
        "LessThan": left < right,
        "LessThanOrEqualTo": left <= right,
    }
    if kind not in outcomes:
        raise ResolutionError(f"unknown type of condition: {kind}")
    return outcomes[kind]


def list_references(value: Any) -> Iterator[str]:
    """Yield the path of every ``Get`` within ``value``."""
    if isinstance(value, list):
        for member in value:
            yield from list_references(member)
    elif isinstance(value, dict):
        if value.keys() == {"Get"} and isinstance(value["Get"], str):
            yield value["Get"]
        else:
            for member in value.values():
                yield from list_references(member)


def uses_json_get(value: Any) -> bool:
    """Return whether there is a ``Std:JsonGet`` within ``value``."""
    if isinstance(value, dict):
        return "Std:JsonGet" in value or any(map(uses_json_get, value.values()))
    return isinstance(value, list) and any(map(uses_json_get, value))


def _resolve_path(path: str, scope: ExpressionScope) -> Any:
    kind, *rest = split_path(path)
    if kind == "Parameters":
        return _follow(scope.parameters, rest, path)
    if kind == "Execution":
        return _follow(scope.execution, rest, path)
    if kind == "Steps" and rest:
        if rest[0] not in scope.steps:
            raise ResolutionError(f"{path}: step {rest[0]} has not run")
        return _follow(scope.steps[str(rest[0])], rest[1:], path)
    raise ResolutionError(f"{path} does not exist")


def split_path(path: str) -> list[str | int]:
    """Split ``a.b['c'][0]`` into its parts."""
    parts: list[str | int] = []
    for name, quoted, position in re.findall(
        r"([^.\[\]'\"]+)(?![^\[]*\])|\[['\"]([^'\"]+)['\"]\]|\[(\d+)\]", path
    ):
        parts.append(int(position) if position else (name or quoted))
    return parts


def _follow(value: Any, parts: list[str | int], path: str) -> Any:
    for part in parts:
        try:
            value = _list_member(value, part) if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError) as error:
            raise ResolutionError(f"{path}: {part!r} does not exist") from error
    return value


def _list_member(members: list[Any], part: str | int) -> Any:
    """Return a list's member by position, or by its name in a job: ``Outputs['train']``."""
    if isinstance(part, int):
        return members[part]
    for member in members:
        if part in {member.get(name) for name in ("OutputName", "InputName", "ChannelName")}:
            return member
    raise KeyError(part)


def _json_get(arguments: Body, scope: ExpressionScope) -> Any:
    path = arguments["Path"]
    if "PropertyFile" in arguments:
        reference = arguments["PropertyFile"]
        _, step, _, name = split_path(
            reference["Get"] if isinstance(reference, dict) else reference
        )
        document = scope.read_property_file(str(step), str(name))
    else:
        document = json.loads(scope.read_object(str(resolve(arguments["S3Uri"], scope))))
    return _follow(document, split_path(path), f"JsonGet of {path}")
