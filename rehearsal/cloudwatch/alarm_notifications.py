"""What an alarm says when it changes state: the EventBridge event and the SNS message.

Source: Amazon CloudWatch User Guide, "Alarm events and EventBridge" and "Notify users on alarm
changes".
"""

import json
from typing import Any

from rehearsal.cloudwatch.alarm_settings import is_true, period_of, queries_of
from rehearsal.cloudwatch.alarms import ACTIONS, Change

DETAIL_TYPE = "CloudWatch Alarm State Change"
SOURCE = "aws.cloudwatch"


def arn(name: str, account: str, region: str) -> str:
    """The ARN of an alarm."""
    return f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"


def event_detail(change: Change) -> dict[str, Any]:
    """``detail`` of the event."""
    settings = change.alarm.settings
    return {
        "alarmName": change.alarm.name,
        "configuration": {
            "description": settings.get("AlarmDescription") or "",
            "metrics": [_query(query) for query in queries_of(settings)],
        },
        "previousState": change.before,
        "state": change.after,
    }


def topics(change: Change) -> list[str]:
    """The SNS topics to tell."""
    settings = change.alarm.settings
    if not is_true(settings.get("ActionsEnabled", True)):
        return []
    actions = settings.get(ACTIONS[change.after["value"]]) or []
    return [action for action in actions if action.startswith("arn:aws:sns:")]


def message(change: Change, account: str, region: str) -> tuple[str, str]:
    """Subject and body of the SNS message."""
    alarm, settings = change.alarm, change.alarm.settings
    subject = f'{change.after["value"]}: "{alarm.name}" in {region}'[:100]
    body = {
        "AlarmName": alarm.name,
        "AlarmDescription": settings.get("AlarmDescription"),
        "AWSAccountId": account,
        "AlarmArn": arn(alarm.name, account, region),
        "NewStateValue": change.after["value"],
        "NewStateReason": change.after["reason"],
        "StateChangeTime": change.after["timestamp"],
        "Region": region,
        "OldStateValue": change.before["value"],
        "Trigger": {
            "Metrics": queries_of(settings),
            "Period": period_of(settings),
            "EvaluationPeriods": settings["EvaluationPeriods"],
            "DatapointsToAlarm": settings.get("DatapointsToAlarm"),
            "ComparisonOperator": settings["ComparisonOperator"],
            "Threshold": settings["Threshold"],
            "TreatMissingData": settings.get("TreatMissingData") or "missing",
        },
    }
    return subject, json.dumps(body, default=str)


def _query(query: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": query["Id"], "returnData": query.get("ReturnData", True)}
    if "Expression" in query:
        return shown | {"expression": query["Expression"]}
    stat = query["MetricStat"]
    dimensions = {item["Name"]: item["Value"] for item in stat["Metric"].get("Dimensions", ())}
    metric = {
        "dimensions": dimensions,
        "name": stat["Metric"]["MetricName"],
        "namespace": stat["Metric"]["Namespace"],
    }
    return shown | {
        "metricStat": {"metric": metric, "period": int(stat["Period"]), "stat": stat["Stat"]}
    }
