"""Notifications of an alarm's state change: the EventBridge event and the SNS message.

Source: Amazon CloudWatch User Guide, "Alarm events and EventBridge" and "Notify users on alarm
changes".
"""

import json
from typing import Any

from rehearsal.cloudwatch.alarm_settings import alarm_period_seconds, is_true, metric_data_queries
from rehearsal.cloudwatch.alarms import ACTIONS, AlarmStateTransition

DETAIL_TYPE = "CloudWatch Alarm State Change"
SOURCE = "aws.cloudwatch"


def alarm_arn(name: str, account: str, region: str) -> str:
    """Return the ARN of an alarm."""
    return f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"


def event_detail(change: AlarmStateTransition) -> dict[str, Any]:
    """Return the ``detail`` of the event."""
    settings = change.alarm.settings
    return {
        "alarmName": change.alarm.name,
        "configuration": {
            "description": settings.get("AlarmDescription") or "",
            "metrics": [_describe_query(query) for query in metric_data_queries(settings)],
        },
        "previousState": change.previous_state,
        "state": change.new_state,
    }


def notified_topics(change: AlarmStateTransition) -> list[str]:
    """Return the SNS topics among the alarm's actions for the new state."""
    settings = change.alarm.settings
    if not is_true(settings.get("ActionsEnabled", True)):
        return []
    actions = settings.get(ACTIONS[change.new_state["value"]]) or []
    return [action for action in actions if action.startswith("arn:aws:sns:")]


def sns_message(change: AlarmStateTransition, account: str, region: str) -> tuple[str, str]:
    """Return subject and body of the SNS message."""
    alarm, settings = change.alarm, change.alarm.settings
    subject = f'{change.new_state["value"]}: "{alarm.name}" in {region}'[:100]
    body = {
        "AlarmName": alarm.name,
        "AlarmDescription": settings.get("AlarmDescription"),
        "AWSAccountId": account,
        "AlarmArn": alarm_arn(alarm.name, account, region),
        "NewStateValue": change.new_state["value"],
        "NewStateReason": change.new_state["reason"],
        "StateChangeTime": change.new_state["timestamp"],
        "Region": region,
        "OldStateValue": change.previous_state["value"],
        "Trigger": {
            "Metrics": metric_data_queries(settings),
            "Period": alarm_period_seconds(settings),
            "EvaluationPeriods": settings["EvaluationPeriods"],
            "DatapointsToAlarm": settings.get("DatapointsToAlarm"),
            "ComparisonOperator": settings["ComparisonOperator"],
            "Threshold": settings["Threshold"],
            "TreatMissingData": settings.get("TreatMissingData") or "missing",
        },
    }
    return subject, json.dumps(body, default=str)


def _describe_query(query: dict[str, Any]) -> dict[str, Any]:
    description: dict[str, Any] = {"id": query["Id"], "returnData": query.get("ReturnData", True)}
    if "Expression" in query:
        return description | {"expression": query["Expression"]}
    stat = query["MetricStat"]
    dimensions = {item["Name"]: item["Value"] for item in stat["Metric"].get("Dimensions", ())}
    metric = {
        "dimensions": dimensions,
        "name": stat["Metric"]["MetricName"],
        "namespace": stat["Metric"]["Namespace"],
    }
    return description | {
        "metricStat": {"metric": metric, "period": int(stat["Period"]), "stat": stat["Stat"]}
    }
