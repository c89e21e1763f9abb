"""A pipeline's definition: what can be run here, in which order, with which parameters."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from rehearsal.sagemaker.errors import invalid
from rehearsal.sagemaker.pipelines.expressions import path_parts, references
from rehearsal.sagemaker.request_validation import check_shape

Body = dict[str, Any]

STEP_TYPES = {"Processing", "Training", "Condition", "Fail", "RegisterModel", "Model"}


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
    _require_known_instance_types(definition)
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


def _needs(step: Body) -> set[str]:
    """Names of steps that have to be done before this one."""
    named = {str(path_parts(path)[1]) for path in references(step) if path.startswith("Steps.")}
    explicit = set(step.get("DependsOn", []))
    if step.get("Type") == "Condition":
        for inner in all_steps([step]):
            explicit |= set(inner.get("DependsOn", []))
    return named | explicit


def _require_known_instance_types(definition: Body) -> None:
    for step in all_steps(definition["Steps"]):
        arguments = step.get("Arguments", {})
        cluster = arguments.get("ProcessingResources", {}).get("ClusterConfig", {})
        training = arguments.get("ResourceConfig", {})
        asked = {
            "ProcessingInstanceType": cluster.get("InstanceType"),
            "TrainingInstanceType": training.get("InstanceType"),
        }
        for shape, name in asked.items():
            if isinstance(name, str):
                check_shape(shape, name)


def _require_known_references(definition: Body, names: set[str]) -> None:
    declared = {each["Name"] for each in definition.get("Parameters", [])}
    for path in references(definition["Steps"]):
        kind, name = [*path_parts(path), ""][:2]
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
