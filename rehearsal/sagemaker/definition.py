"""A pipeline's definition: what its steps refer to, their order, what its conditions say."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.sagemaker.errors import invalid

Body = dict[str, Any]

STEP_TYPES = {"Processing", "Training", "Condition", "Fail", "RegisterModel", "Model"}


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


def parse(text: str) -> Body:
    """The definition; raises ServiceError where it is no definition that can be run here."""
    try:
        definition = json.loads(text)
    except ValueError as error:
        raise invalid(f"Unable to parse pipeline definition: {error}") from error
    if not isinstance(definition, dict) or not isinstance(definition.get("Steps"), list):
        raise invalid("Unable to parse pipeline definition: it has no list of Steps")
    names = [str(step.get("Name")) for step in all_steps(definition["Steps"])]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise invalid(f"Unable to parse pipeline definition: duplicate step names {twice}")
    for step in all_steps(definition["Steps"]):
        if step.get("Type") not in STEP_TYPES:
            raise invalid(
                f"Unable to parse pipeline definition: step {step.get('Name')} is of type "
                f"{step.get('Type')}; this SageMaker runs {sorted(STEP_TYPES)}"
            )
    _require_known_references(definition, set(names))
    ordered(definition["Steps"])
    return definition


def all_steps(steps: list[Body]) -> Iterator[Body]:
    """Every step, those inside of conditions too."""
    for step in steps:
        yield step
        if step.get("Type") == "Condition":
            arguments = step["Arguments"]
            yield from all_steps(arguments.get("IfSteps", []))
            yield from all_steps(arguments.get("ElseSteps", []))


def ordered(steps: list[Body]) -> list[Body]:
    """The steps in an order that their dependencies allow; otherwise as written.

    A step inside of a condition depends on what it refers to at this level; steps that are already
    behind (an outer level's) count as done.
    """
    here = {step["Name"]: step for step in steps}
    waiting = {name: _needs(step) & here.keys() - {name} for name, step in here.items()}
    result: list[Body] = []
    while waiting:
        ready = next((name for name, needs in waiting.items() if not needs), None)
        if ready is None:
            raise invalid(
                f"Unable to parse pipeline definition: {sorted(waiting)} depend on each other"
            )
        result.append(here[ready])
        del waiting[ready]
        for needs in waiting.values():
            needs.discard(ready)
    return result


def parameters(definition: Body, given: list[Body]) -> dict[str, Any]:
    """The parameters of an execution: what was given over the defaults; raises ServiceError."""
    declared = {each["Name"]: each for each in definition.get("Parameters", [])}
    values = {
        name: each["DefaultValue"] for name, each in declared.items() if "DefaultValue" in each
    }
    for parameter in given:
        if parameter["Name"] not in declared:
            raise invalid(
                f"Pipeline parameter {parameter['Name']} is not declared in the definition "
                f"(declared: {sorted(declared)})"
            )
        values[parameter["Name"]] = _typed(declared[parameter["Name"]], parameter["Value"])
    missing = sorted(declared.keys() - values.keys())
    if missing:
        raise invalid(f"Pipeline parameters {missing} have no value and no default")
    return values


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


def _typed(declared: Body, value: str) -> Any:
    """StartPipelineExecution gives every value as text."""
    try:
        readers: dict[str, Callable[[str], Any]] = {
            "Integer": int,
            "Float": float,
            "Boolean": _flag,
        }
        read = readers.get(declared["Type"], str)(value)
    except ValueError as error:
        raise invalid(
            f"Pipeline parameter {declared['Name']}: {value!r} is no {declared['Type']}"
        ) from error
    allowed = declared.get("EnumValues")
    if allowed and read not in allowed:
        raise invalid(f"Pipeline parameter {declared['Name']}: {value!r} is none of {allowed}")
    return read


def _flag(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(text)
    return text.lower() == "true"


def _get(path: str, scope: Scope) -> Any:
    kind, *rest = _path(path)
    if kind == "Parameters":
        return _walk(scope.parameters, rest, path)
    if kind == "Execution":
        return _walk(scope.execution, rest, path)
    if kind == "Steps" and rest:
        if rest[0] not in scope.steps:
            raise ResolutionError(f"{path}: step {rest[0]} has not run")
        return _walk(scope.steps[str(rest[0])], rest[1:], path)
    raise ResolutionError(f"{path} refers to nothing")


def _path(path: str) -> list[str | int]:
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
        _, step, _, name = _path(reference["Get"] if isinstance(reference, dict) else reference)
        document = scope.files(str(step), str(name))
    else:
        document = json.loads(scope.read(str(resolve(arguments["S3Uri"], scope))))
    return _walk(document, _path(path), f"JsonGet of {path}")


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


def _needs(step: Body) -> set[str]:
    """Names of steps that have to be done before this one."""
    named = {str(_path(path)[1]) for path in references(step) if path.startswith("Steps.")}
    explicit = set(step.get("DependsOn", []))
    if step.get("Type") == "Condition":
        for inner in all_steps([step]):
            explicit |= set(inner.get("DependsOn", []))
    return named | explicit


def _require_known_references(definition: Body, names: set[str]) -> None:
    declared = {each["Name"] for each in definition.get("Parameters", [])}
    for path in references(definition["Steps"]):
        kind, name = [*_path(path), ""][:2]
        known = {"Steps": names, "Parameters": declared, "Execution": {name}}.get(str(kind), set())
        if name not in known:
            raise invalid(f"Unable to parse pipeline definition: {path} refers to nothing")
    for step in all_steps(definition["Steps"]):
        unknown = sorted(set(step.get("DependsOn", [])) - names)
        if unknown:
            raise invalid(
                f"Unable to parse pipeline definition: {step['Name']} depends on {unknown}, which "
                "are no steps"
            )
