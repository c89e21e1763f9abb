"""The CloudWatch API: operations by name, with requests and responses as in botocore's model."""

from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.cloudwatch.alarm_notifications import alarm_arn
from rehearsal.cloudwatch.alarms import STATES, AlarmStore, MetricAlarm
from rehearsal.cloudwatch.errors import CloudWatchError
from rehearsal.cloudwatch.metric_operations import MetricOperations
from rehearsal.cloudwatch.metric_store import MetricStore
from rehearsal.simulated_clock import SimulatedClock

Request = Mapping[str, Any]
ResponseBody = dict[str, Any]

DESCRIBED_SETTINGS = (
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


class CloudWatch:
    """The operations that the emulator supports."""

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
        self._account_and_region = (account, region)
        self._tags: dict[str, dict[str, str]] = {}
        self.operations: dict[str, Callable[[Request], ResponseBody]] = {
            **MetricOperations(clock, metrics).operations(),
            "PutMetricAlarm": self._put_metric_alarm,
            "DescribeAlarms": self._describe_alarms,
            "DeleteAlarms": self._delete_alarms,
            "SetAlarmState": self._set_alarm_state,
            "EnableAlarmActions": lambda request: self._set_actions_enabled(request, enabled=True),
            "DisableAlarmActions": lambda request: self._set_actions_enabled(
                request, enabled=False
            ),
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
        arn = alarm_arn(alarm.name, *self._account_and_region)
        self._tags.setdefault(arn, {}).update({tag["Key"]: tag["Value"] for tag in tags})
        return arn

    def _put_metric_alarm(self, request: Request) -> ResponseBody:
        self.put_alarm(request)
        return {}

    def _describe_alarms(self, request: Request) -> ResponseBody:
        names = request.get("AlarmNames")
        alarms = [
            alarm
            for alarm in self._alarms.list_alarms()
            if (not names or alarm.name in names)
            and alarm.name.startswith(request.get("AlarmNamePrefix") or "")
            and request.get("StateValue") in (None, alarm.state)
        ]
        return {"MetricAlarms": [self._describe(alarm) for alarm in alarms], "CompositeAlarms": []}

    def _delete_alarms(self, request: Request) -> ResponseBody:
        unknown = [name for name in request["AlarmNames"] if self._alarms.get(name) is None]
        if unknown:
            raise CloudWatchError("ResourceNotFound", f"no alarm has the name {', '.join(unknown)}")
        self._alarms.delete(request["AlarmNames"])
        return {}

    def _set_alarm_state(self, request: Request) -> ResponseBody:
        name, state = request["AlarmName"], request["StateValue"]
        if self._alarms.get(name) is None:
            raise CloudWatchError("ResourceNotFound", f"no alarm has the name {name}")
        if state not in STATES:
            raise CloudWatchError("ValidationError", f"{state} is not one of {', '.join(STATES)}")
        self._alarms.set_state(name, state, request["StateReason"], request.get("StateReasonData"))
        return {}

    def _set_actions_enabled(self, request: Request, *, enabled: bool) -> ResponseBody:
        for name in request["AlarmNames"]:
            if (alarm := self._alarms.get(name)) is not None:
                alarm.settings["ActionsEnabled"] = enabled
        return {}

    def _tag(self, request: Request) -> ResponseBody:
        tags = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        self._tags.setdefault(request["ResourceARN"], {}).update(tags)
        return {}

    def _untag(self, request: Request) -> ResponseBody:
        for key in request["TagKeys"]:
            self._tags.get(request["ResourceARN"], {}).pop(key, None)
        return {}

    def _list_tags(self, request: Request) -> ResponseBody:
        tags = self._tags.get(request["ResourceARN"], {})
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _describe(self, alarm: MetricAlarm) -> ResponseBody:
        settings = {
            key: alarm.settings[key]
            for key in DESCRIBED_SETTINGS
            if alarm.settings.get(key) is not None
        }
        return settings | {
            "AlarmArn": alarm_arn(alarm.name, *self._account_and_region),
            "AlarmConfigurationUpdatedTimestamp": alarm.updated,
            "StateValue": alarm.state,
            "StateReason": alarm.reason,
            "StateUpdatedTimestamp": alarm.state_updated,
            "StateTransitionedTimestamp": alarm.state_updated,
        }
