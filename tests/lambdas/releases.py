"""What tests of the release function do and look at."""

import json
from contextlib import contextmanager

import boto3
import pytest
from moto.cloudwatch.models import MetricDatum, cloudwatch_backends

from driftloop.contract.ledger_items import VersionItem
from lambdas.release.handler import handle
from tests.lambdas.account import SERVING
from tests.lambdas.fakes import refuse


def reconcile(aws, as_of="2026-03-10T16:00:00Z"):
    return handle({"source": "driftloop.reconcile", "model": "late", "as_of": as_of}, None, aws)


def change_setting(**changed):
    boto3.client("ssm").put_parameter(
        Name="/driftloop/test/late/serving",
        Value=json.dumps({**SERVING, **changed}),
        Type="String",
        Overwrite=True,
    )


def statuses(ledger):
    return {item.version: item.status for item in ledger.query(VersionItem)}


def alarm_names():
    found = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return sorted(alarm["AlarmName"] for alarm in found)


def scalable_targets():
    """The lowest and the highest number of instances of each variant."""
    client = boto3.client("application-autoscaling")
    found = client.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    return [(target["MinCapacity"], target["MaxCapacity"]) for target in found]


@contextmanager
def refused(client, call, code="AccessDenied"):
    """AWS refuses one operation of a client."""

    def refuse_call(**_arguments):
        raise refuse(code, "refused by the test", call)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, call, refuse_call)
        yield


def metric_values(name):
    """The published values of a metric of driftloop, in the order of their publication."""
    backend = cloudwatch_backends["123456789012"]["eu-central-1"]
    data = [datum for datum in backend.metric_data if isinstance(datum, MetricDatum)]
    return [datum.value for datum in data if datum.name == name]
