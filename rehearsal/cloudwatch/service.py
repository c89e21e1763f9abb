"""The CloudWatch API: operations by name, requests and answers as botocore models them."""

from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.cloudwatch.alarm_notifications import arn
from rehearsal.cloudwatch.alarms import STATES, AlarmStore, MetricAlarm
from rehearsal.cloudwatch.metric_operations import MetricOperations
from rehearsal.cloudwatch.metric_store import MetricStore
from rehearsal.simulated_clock import SimulatedClock

Request = Mapping[str, Any]
Answer = dict[str, Any]

DESCRIBED = (
    "AlarmName",
    "AlarmDescription",
    "ActionsEnabled",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "Metrics",
    "EvaluationWindow",
    "WarmUpConfiguration",
)


class CloudWatchError(Exception):
    """An error answer of the API."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")


class CloudWatch:
    """What boto3's ``cloudwatch`` client can ask here."""

    def __init__(
        self,
        clock: SimulatedClock,
        metrics: MetricStore,
        alarms: AlarmStore,
        *,
        account: str,
        region: str,
    ) -> None:
        self._alarms = alarms
        self._place = (account, region)
        self._tags: dict[str, dict[str, str]] = {}
        self.operations: dict[str, Callable[[Request], Answer]] = {
            **MetricOperations(clock, metrics).operations(),
            "PutMetricAlarm": self._put_metric_alarm,
            "DescribeAlarms": self._describe_alarms,
            "DeleteAlarms": self._delete_alarms,
            "SetAlarmState": self._set_alarm_state,
            "EnableAlarmActions": lambda request: self._switch(request, on=True),
            "DisableAlarmActions": lambda request: self._switch(request, on=False),
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._list_tags,
        }

    def put_alarm(self, settings: Mapping[str, Any]) -> str:
        """PutMetricAlarm with its tags; returns the alarm's ARN."""
        settings = dict(settings)
        tags = settings.pop("Tags", None) or []
        try:
            alarm = self._alarms.put(settings)
        except ValueError as error:
            raise CloudWatchError("ValidationError", str(error)) from error
        identity = arn(alarm.name, *self._place)
        self._tags.setdefault(identity, {}).update({tag["Key"]: tag["Value"] for tag in tags})
        return identity

    def _put_metric_alarm(self, request: Request) -> Answer:
        self.put_alarm(request)
        return {}

    def _describe_alarms(self, request: Request) -> Answer:
        names = request.get("AlarmNames")
        wanted = [
            alarm
            for alarm in self._alarms.all()
            if (not names or alarm.name in names)
            and alarm.name.startswith(request.get("AlarmNamePrefix") or "")
            and request.get("StateValue") in (None, alarm.state)
        ]
        return {"MetricAlarms": [self._described(alarm) for alarm in wanted], "CompositeAlarms": []}

    def _delete_alarms(self, request: Request) -> Answer:
        unknown = [name for name in request["AlarmNames"] if self._alarms.get(name) is None]
        if unknown:
            raise CloudWatchError("ResourceNotFound", f"no alarm is named {', '.join(unknown)}")
        self._alarms.delete(request["AlarmNames"])
        return {}

    def _set_alarm_state(self, request: Request) -> Answer:
        name, state = request["AlarmName"], request["StateValue"]
        if self._alarms.get(name) is None:
            raise CloudWatchError("ResourceNotFound", f"no alarm is named {name}")
        if state not in STATES:
            raise CloudWatchError("ValidationError", f"{state} is none of {', '.join(STATES)}")
        self._alarms.set_state(name, state, request["StateReason"], request.get("StateReasonData"))
        return {}

    def _switch(self, request: Request, *, on: bool) -> Answer:
        for name in request["AlarmNames"]:
            if (alarm := self._alarms.get(name)) is not None:
                alarm.settings["ActionsEnabled"] = on
        return {}

    def _tag(self, request: Request) -> Answer:
        tags = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        self._tags.setdefault(request["ResourceARN"], {}).update(tags)
        return {}

    def _untag(self, request: Request) -> Answer:
        for key in request["TagKeys"]:
            self._tags.get(request["ResourceARN"], {}).pop(key, None)
        return {}

    def _list_tags(self, request: Request) -> Answer:
        tags = self._tags.get(request["ResourceARN"], {})
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _described(self, alarm: MetricAlarm) -> Answer:
        shown = {
            key: alarm.settings[key] for key in DESCRIBED if alarm.settings.get(key) is not None
        }
        return shown | {
            "AlarmArn": arn(alarm.name, *self._place),
            "AlarmConfigurationUpdatedTimestamp": alarm.updated,
            "StateValue": alarm.state,
            "StateReason": alarm.reason,
            "StateUpdatedTimestamp": alarm.since,
            "StateTransitionedTimestamp": alarm.since,
        }
