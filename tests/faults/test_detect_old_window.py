"""A window is analyzed as long as its captured records are kept, whatever CloudWatch takes."""

from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import WindowItem
from tests.lambdas.analysis import HOUR, analyze, series
from tests.lambdas.captures import records, write_capture
from tests.lambdas.fakes import refuse
from tests.lambdas.items import time

TOO_OLD = (
    "The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks."
)
"""Source: cloud-custodian/cloud-custodian#2559, with the code InvalidParameterValue."""


class CloudWatch:
    """CloudWatch at a later time; it refuses older metrics than of two weeks."""

    def __init__(self, now, message=TOO_OLD):
        self._oldest = time(now) - timedelta(days=14)
        self._message = message

    def __getattr__(self, name):
        return getattr(boto3.client("cloudwatch"), name)

    def put_metric_data(self, **request):
        stamps = [one["Timestamp"] for one in request["MetricData"] if "Timestamp" in one]
        if any(stamp < self._oldest for stamp in stamps):
            raise refuse("InvalidParameterValue", self._message, "PutMetricData")
        boto3.client("cloudwatch").put_metric_data(**request)


def test_a_window_of_more_than_two_weeks_ago_is_analyzed_without_its_metrics(live, ledger, bus):
    write_capture(HOUR, records(HOUR))
    live._clients["cloudwatch"] = CloudWatch("2026-03-25T12:00:00Z")
    analyze(live)
    assert ledger.get(WindowItem, 1, "20260310T11").notified
    assert len(bus.details("Analysis Completed")) == 1
    assert series("RecordsAnalyzed") == {}
    assert list(series("Heartbeat").values()) == [1.0]


def test_a_window_of_less_than_two_weeks_ago_has_its_metrics(live):
    write_capture(HOUR, records(HOUR))
    live._clients["cloudwatch"] = CloudWatch("2026-03-24T11:00:00Z")
    analyze(live)
    assert series("RecordsAnalyzed") == {"10T11": 300}


def test_another_invalid_value_is_an_error(live):
    write_capture(HOUR, records(HOUR))
    message = "The value NaN for parameter MetricData.member.1.Value is invalid."
    live._clients["cloudwatch"] = CloudWatch("2026-03-25T12:00:00Z", message)
    with pytest.raises(ClientError, match="NaN"):
        analyze(live)
