"""Runs an analysis as the state machine does, and reads its results."""

import json
from datetime import UTC, datetime, timedelta
from operator import itemgetter

import boto3

from driftloop.report import WindowReport
from driftloop.window import Window, format_time
from lambdas.detect.handler import handle as detect
from lambdas.plan.handler import handle as plan
from lambdas.profile.handler import handle as profile

HOUR = "2026-03-10T11"


def work(hour=11, revision=0, hours=1, day=10):
    start = datetime(2026, 3, day, tzinfo=UTC) + timedelta(hours=hour)
    window = Window(start, start + timedelta(hours=hours))
    return {
        "model": "late",
        "window": window.to_dict(),
        "revision": revision,
        "as_of": format_time(window.end + timedelta(minutes=20)),
    }


def analyze(aws, **which):
    """Run plan, profile and detect as the state machine does."""
    run = work(**which)
    planned = plan(run, None, aws)
    for item in manifest(planned):
        profile(item, None, aws)
    detect({"input": run, "plan": planned}, None, aws)
    return planned


def manifest(planned):
    return json.loads(read(planned["manifest"]["key"]))


def objects_of(item):
    """The captured objects of a manifest item."""
    names = ("key", "size", "overlap")
    found = [dict(zip(names, one, strict=True)) for one in json.loads(read(listed_in(item)))]
    assert len(found) == item["objects"]["count"]
    return found


def listed_in(item):
    """The key of the list of a manifest item's objects."""
    return item["objects"]["list_key"]


def read(key, bucket="analysis"):
    return boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def listed(prefix):
    found = boto3.client("s3").list_objects_v2(Bucket="analysis", Prefix=prefix)
    return [item["Key"] for item in found.get("Contents", [])]


def report(hour=11, revision=0, version=1):
    return report_of(f"20260310T{hour:02d}", revision, version)


def report_of(label, revision=0, version=1):
    return WindowReport.from_json(read(f"reports/late/v{version}/{label}/r{revision}/report.json"))


def metrics(statistic="Maximum"):
    """The published metrics: name to (value, time), in order of time."""
    client = boto3.client("cloudwatch")
    found = {}
    for metric in client.list_metrics(Namespace="driftloop")["Metrics"]:
        points = client.get_metric_statistics(
            Namespace="driftloop",
            MetricName=metric["MetricName"],
            Dimensions=metric["Dimensions"],
            StartTime="2026-03-01T00:00:00Z",
            EndTime="2036-03-20T00:00:00Z",
            Period=3600,
            Statistics=[statistic],
        )["Datapoints"]
        found[metric["MetricName"]] = sorted(
            ((p[statistic], p["Timestamp"].isoformat()) for p in points), key=itemgetter(1)
        )
    return found


def series(name, statistic="Maximum"):
    """Hour of the day (or day and hour) to value of a metric."""
    return {time[8:13]: value for value, time in metrics(statistic).get(name, ())}


def count_invocations(*requests):
    """What SageMaker publishes: (hour, minute, count) of the tenth of March."""
    boto3.client("cloudwatch").put_metric_data(
        Namespace="AWS/SageMaker",
        MetricData=[
            {
                "MetricName": "Invocations",
                "Dimensions": [
                    {"Name": "EndpointName", "Value": "driftloop-test-late"},
                    {"Name": "VariantName", "Value": "AllTraffic"},
                ],
                "Timestamp": datetime(2026, 3, 10, hour, minute, tzinfo=UTC),
                "Value": count,
            }
            for hour, minute, count in requests
        ],
    )
