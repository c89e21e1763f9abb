"""A pipeline definition: which steps it has, in which order they run, and its parameters."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from rehearsal.sagemaker.errors import validation_error
from rehearsal.sagemaker.pipelines.expressions import list_references, split_path, uses_json_get
from rehearsal.sagemaker.pipelines.retry_policies import retry_policy_errors
from rehearsal.sagemaker.protocols import Body
from rehearsal.sagemaker.request_validation import check_shape

STEP_TYPES = {"Processing", "Training", "Lambda", "Condition", "Fail", "RegisterModel", "Model"}

EMPTY_VALUE = '[string "" is too short (length: 0, required minimum: 1)]'
"""The service's message for a parameter's value that is empty (aws/sagemaker-python-sdk#4016)."""


def parse_definition(text: str) -> Body:
    """Parse and check a definition; raises ServiceError if it can't run here."""
    try:
        definition = json.loads(text)
    except ValueError as error:
        raise validation_error(f"Unable to parse pipeline definition: {error}") from error
    if not isinstance(definition, dict) or not isinstance(definition.get("Steps"), list):
        raise validation_error("Unable to parse pipeline definition: it has no list of Steps")
    names = [str(step.get("Name")) for step in all_steps(definition["Steps"])]
    duplicates = sorted({name for name in names if names.count(name) > 1})
    if duplicates:
        raise validation_error(
            f"Unable to parse pipeline definition: duplicate step names {duplicates}"
        )
    for step in all_steps(definition["Steps"]):
        if step.get("Type") not in STEP_TYPES:
            raise validation_error(
                f"Unable to parse pipeline definition: step {step.get('Name')} is of type "
                f"{step.get('Type')}; the emulated SageMaker runs {sorted(STEP_TYPES)}"
            )
    _require_known_references(definition, set(names))
    _require_known_instance_types(definition)
    _require_nonempty_defaults(definition)
    _require_json_get_in_conditions(definition)
    for step in all_steps(definition["Steps"]):
        for problem in retry_policy_errors(step):
            raise validation_error(f"Unable to parse pipeline definition: {problem}")
    order_steps(definition["Steps"])
    return definition


def all_steps(steps: list[Body]) -> Iterator[Body]:
    """Yield every step, including the steps of conditions."""
    for step in steps:
        yield step
        if step.get("Type") == "Condition":
            arguments = step["Arguments"]
            yield from all_steps(arguments.get("IfSteps", []))
            yield from all_steps(arguments.get("ElseSteps", []))


def order_steps(steps: list[Body]) -> list[Body]:
    """Order steps by their dependencies; independent steps keep their order.

    A condition depends on the steps of this level to which its inner steps refer. Steps of an outer
    level have run already.
    """
    by_name = {step["Name"]: step for step in steps}
    waiting = {
        name: _dependencies(step) & by_name.keys() - {name} for name, step in by_name.items()
    }
    result: list[Body] = []
    while waiting:
        ready = next((name for name, dependencies in waiting.items() if not dependencies), None)
        if ready is None:
            raise validation_error(
                f"Unable to parse pipeline definition: {sorted(waiting)} depend on each other"
            )
        result.append(by_name[ready])
        del waiting[ready]
        for dependencies in waiting.values():
            dependencies.discard(ready)
    return result


def resolve_parameters(definition: Body, given: list[Body]) -> dict[str, Any]:
    """Return the parameters of an execution: given values, else defaults; raises ServiceError.

    The messages are those of the service, where it is known: for an empty value
    aws/sagemaker-python-sdk#4016, for a name or a value that is missing the SDK's local mode, which
    is "consistent with the remote mode" (#4354).
    """
    declared = {each["Name"]: each for each in definition.get("Parameters", [])}
    values = {
        name: each["DefaultValue"] for name, each in declared.items() if "DefaultValue" in each
    }
    for parameter in given:
        if parameter["Name"] not in declared:
            raise validation_error(f"Unknown parameter '{parameter['Name']}'")
        if parameter["Value"] == "":
            raise validation_error(EMPTY_VALUE)
        values[parameter["Name"]] = _convert(declared[parameter["Name"]], parameter["Value"])
    for name in declared.keys() - values.keys():
        raise validation_error(f"Parameter '{name}' is undefined.")
    return values


def _convert(declared: Body, value: str) -> Any:
    """Convert a value to its declared type; StartPipelineExecution passes every value as text."""
    try:
        converters: dict[str, Callable[[str], Any]] = {
            "Integer": int,
            "Float": float,
            "Boolean": _parse_boolean,
        }
        converted = converters.get(declared["Type"], str)(value)
    except ValueError as error:
        raise validation_error(
            f"Pipeline parameter {declared['Name']}: {value!r} is no {declared['Type']}"
        ) from error
    allowed = declared.get("EnumValues")
    if allowed and converted not in allowed:
        raise validation_error(
            f"Pipeline parameter {declared['Name']}: {value!r} is not one of {allowed}"
        )
    return converted


def _parse_boolean(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(text)
    return text.lower() == "true"


def _dependencies(step: Body) -> set[str]:
    """Return the names of the steps that must end before this one."""
    named = {
        str(split_path(path)[1]) for path in list_references(step) if path.startswith("Steps.")
    }
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
        instance_types = {
            "ProcessingInstanceType": cluster.get("InstanceType"),
            "TrainingInstanceType": training.get("InstanceType"),
        }
        for shape, name in instance_types.items():
            if isinstance(name, str):
                check_shape(shape, name)


def _require_nonempty_defaults(definition: Body) -> None:
    """An empty default is refused like an empty value: aws/sagemaker-python-sdk#3564."""
    for parameter in definition.get("Parameters", []):
        if parameter.get("DefaultValue") == "":
            raise validation_error(f"Unable to parse pipeline definition. {EMPTY_VALUE}")


def _require_json_get_in_conditions(definition: Body) -> None:
    """Refuse Std:JsonGet elsewhere: SageMaker documents it for conditions, so no more is played."""
    for step in all_steps(definition["Steps"]):
        if step["Type"] == "Condition":
            continue
        if uses_json_get(step):
            raise validation_error(
                f"Unable to parse pipeline definition: step {step['Name']} uses Std:JsonGet; the "
                "emulated SageMaker takes it in the conditions of a Condition step alone"
            )


def _require_known_references(definition: Body, names: set[str]) -> None:
    declared = {each["Name"] for each in definition.get("Parameters", [])}
    for path in list_references(definition["Steps"]):
        kind, name = [*split_path(path), ""][:2]
        known = {"Steps": names, "Parameters": declared, "Execution": {name}}.get(str(kind), set())
        if name not in known:
            raise validation_error(f"Unable to parse pipeline definition: {path} does not exist")
    for step in all_steps(definition["Steps"]):
        unknown = sorted(set(step.get("DependsOn", [])) - names)
        if unknown:
            raise validation_error(
                f"Unable to parse pipeline definition: {step['Name']} depends on {unknown}, which "
                "are not steps"
            )
