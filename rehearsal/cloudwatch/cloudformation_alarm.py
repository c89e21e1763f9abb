"""The CloudFormation type AWS::CloudWatch::Alarm."""

from collections.abc import Mapping
from typing import Any

from rehearsal.cloudwatch.alarms import AlarmStore
from rehearsal.cloudwatch.service import CloudWatch

Properties = Mapping[str, Any]
Created = tuple[str, dict[str, Any]]
NUMBERS = {
    "Period": int,
    "EvaluationPeriods": int,
    "DatapointsToAlarm": int,
    "Threshold": float,
}


def provisioners(cloudwatch: CloudWatch, alarms: AlarmStore) -> dict[str, dict[str, Any]]:
    """The type's handlers, in the form that the embedded CloudFormation asks for."""

    def create(logical_id: str, properties: Properties, stack_name: str) -> Created:
        name = properties.get("AlarmName") or f"{stack_name}-{logical_id}"
        return name, {"Arn": cloudwatch.put_alarm(settings(name, properties))}

    def update(name: str, old: Properties, new: Properties, _stack_name: str) -> Created:
        new_name = new.get("AlarmName") or name
        arn = cloudwatch.put_alarm(settings(new_name, new))
        if new_name != name and old.get("AlarmName"):
            alarms.delete([name])
        return new_name, {"Arn": arn}

    def delete(name: str, _properties: Properties) -> None:
        alarms.delete([name])

    return {"AWS::CloudWatch::Alarm": {"create": create, "update": update, "delete": delete}}


def settings(name: str, properties: Properties) -> dict[str, Any]:
    """A template's properties as PutMetricAlarm takes them: numbers as numbers."""
    found = {key: value for key, value in properties.items() if value is not None}
    numbers = {key: read(found[key]) for key, read in NUMBERS.items() if key in found}
    return found | numbers | {"AlarmName": name}
