"""The expressions of a pipeline's definition: what they refer to, and what conditions say."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may refer to while a pipeline runs.

    ``steps`` has the properties of each step that is done; ``files`` reads a property file of a
    step, ``read`` the object at an S3 URI.
    """

    parameters: Mapping[str, Any]
    execution: Mapping[str, Any]
    files: Callable[[str, str], Any]
    read: Callable[[str], bytes]
    steps: dict[str, Body] = field(default_factory=dict)


class ResolutionError(Exception):
    """An expression refers to something that isn't there."""


def resolve(value: Any, scope: Scope) -> Any:
    """``value`` with every expression in it replaced; raises ResolutionError."""
    if isinstance(value, list):
        return [resolve(member, scope) for member in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Get"}:
        return _get(value["Get"], scope)
    if value.keys() == {"Std:Join"}:
        join = value["Std:Join"]
        return str(join["On"]).join(str(resolve(each, scope)) for each in join["Values"])
    if value.keys() == {"Std:JsonGet"}:
        return _json_get(value["Std:JsonGet"], scope)
    return {key: resolve(member, scope) for key, member in value.items()}


def holds(condition: Body, scope: Scope) -> bool:
    """Whether a condition is met; raises ResolutionError."""
    kind = condition["Type"]
    if kind == "Not":
        return not holds(condition.get("Condition") or condition["Expression"], scope)
    if kind == "Or":
        return any(holds(each, scope) for each in condition["Conditions"])
    if kind == "In":
        return resolve(condition["QueryValue"], scope) in resolve(condition["Values"], scope)
    left = resolve(condition["LeftValue"], scope)
    right = resolve(condition["RightValue"], scope)
    if kind == "Equals":
        return bool(left == right)
    return _compared(kind, float(left), float(right))


def _compared(kind: str, left: float, right: float) -> bool:
    outcomes = {
        "GreaterThan": left > right,
        "GreaterThanOrEqualTo": left >= right,
        "LessThan": left < right,
        "LessThanOrEqualTo": left <= right,
    }
    if kind not in outcomes:
        raise ResolutionError(f"a condition of type {kind} is unknown")
    return outcomes[kind]


def references(value: Any) -> Iterator[str]:
    """Every path that a ``Get`` within ``value`` names."""
    if isinstance(value, list):
        for member in value:
            yield from references(member)
    elif isinstance(value, dict):
        if value.keys() == {"Get"} and isinstance(value["Get"], str):
            yield value["Get"]
        else:
            for member in value.values():
                yield from references(member)


def _get(path: str, scope: Scope) -> Any:
    kind, *rest = path_parts(path)
    if kind == "Parameters":
        return _walk(scope.parameters, rest, path)
    if kind == "Execution":
        return _walk(scope.execution, rest, path)
    if kind == "Steps" and rest:
        if rest[0] not in scope.steps:
            raise ResolutionError(f"{path}: step {rest[0]} has not run")
        return _walk(scope.steps[str(rest[0])], rest[1:], path)
    raise ResolutionError(f"{path} refers to nothing")


def path_parts(path: str) -> list[str | int]:
    """``a.b['c'][0]`` in parts."""
    parts: list[str | int] = []
    for name, quoted, position in re.findall(
        r"([^.\[\]'\"]+)(?![^\[]*\])|\[['\"]([^'\"]+)['\"]\]|\[(\d+)\]", path
    ):
        parts.append(int(position) if position else (name or quoted))
    return parts


def _walk(value: Any, parts: list[str | int], path: str) -> Any:
    for part in parts:
        try:
            value = _named(value, part) if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError) as error:
            raise ResolutionError(f"{path}: there is no {part!r}") from error
    return value


def _named(members: list[Any], part: str | int) -> Any:
    """A list's member by position, or by the name that a job gave it: ``Outputs['train']``."""
    if isinstance(part, int):
        return members[part]
    for member in members:
        if part in {member.get(name) for name in ("OutputName", "InputName", "ChannelName")}:
            return member
    raise KeyError(part)


def _json_get(arguments: Body, scope: Scope) -> Any:
    path = arguments["Path"]
    if "PropertyFile" in arguments:
        reference = arguments["PropertyFile"]
        _, step, _, name = path_parts(
            reference["Get"] if isinstance(reference, dict) else reference
        )
        document = scope.files(str(step), str(name))
    else:
        document = json.loads(scope.read(str(resolve(arguments["S3Uri"], scope))))
    return _walk(document, path_parts(path), f"JsonGet of {path}")
