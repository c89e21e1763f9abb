"""The CloudFormation resource type AWS::CloudWatch::Alarm."""

from collections.abc import Mapping
from typing import Any

from rehearsal.cloudwatch.alarms import AlarmStore
from rehearsal.cloudwatch.service import CloudWatch

Properties = Mapping[str, Any]
ProvisionedResource = tuple[str, dict[str, Any]]
NUMERIC_PROPERTIES = {
    "Period": int,
    "EvaluationPeriods": int,
    "DatapointsToAlarm": int,
    "Threshold": float,
}


def provisioners(cloudwatch: CloudWatch, alarms: AlarmStore) -> dict[str, dict[str, Any]]:
    """Return the provisioner of alarms, as MiniStack's CloudFormation takes it."""

    def create(logical_id: str, properties: Properties, stack_name: str) -> ProvisionedResource:
        name = properties.get("AlarmName") or f"{stack_name}-{logical_id}"
        return name, {"Arn": cloudwatch.put_alarm(to_alarm_settings(name, properties))}

    def update(
        name: str, old: Properties, new: Properties, _stack_name: str
    ) -> ProvisionedResource:
        new_name = new.get("AlarmName") or name
        arn = cloudwatch.put_alarm(to_alarm_settings(new_name, new))
        if new_name != name and old.get("AlarmName"):
            alarms.delete([name])
        return new_name, {"Arn": arn}

    def delete(name: str, _properties: Properties) -> None:
        alarms.delete([name])

    return {"AWS::CloudWatch::Alarm": {"create": create, "update": update, "delete": delete}}


def to_alarm_settings(name: str, properties: Properties) -> dict[str, Any]:
    """Convert a template's properties to a request of PutMetricAlarm: text to numbers."""
    given = {key: value for key, value in properties.items() if value is not None}
    numbers = {
        key: convert(given[key]) for key, convert in NUMERIC_PROPERTIES.items() if key in given
    }
    return given | numbers | {"AlarmName": name}
