"""Permissions of `detect`: merge profiles, store reports, publish verdicts."""

from aws_cdk import aws_iam as iam

from infra.constructs.iam_statements import allow
from infra.permissions.resources import FunctionResources
from infra.permissions.statements import (
    NO_RESOURCE_LEVEL,
    allow_baselines,
    allow_fleet_file,
    allow_ledger,
    allow_list_bucket,
    allow_notify,
    allow_objects,
    allow_publish_metrics,
    allow_put_events,
)


def grant_detect(role: iam.Role, resources: FunctionResources) -> None:
    """Grant what ``lambdas/detect`` calls."""
    allow_fleet_file(role, resources)
    allow_baselines(role, resources)
    _allow_analysis_bucket(role, resources)
    allow_ledger(
        role, resources, actions=["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"]
    )
    # The number of requests that the endpoint received: capture loss is calculated from it.
    allow(
        role,
        "CountRequests",
        actions=["cloudwatch:GetMetricStatistics"],
        resources=["*"],
        wildcard_reason=NO_RESOURCE_LEVEL,
    )
    allow_publish_metrics(role)
    allow_put_events(role, resources)
    allow_notify(role, resources)


def _allow_analysis_bucket(role: iam.Role, resources: FunctionResources) -> None:
    read, write, delete = "s3:GetObject", "s3:PutObject", "s3:DeleteObject"
    access = {
        "BatchProfiles": ([read], ["work/*"]),
        "ProfilesAndReports": ([read, write], ["profiles/*", "reports/*"]),
        # What people accepted: only they write it.
        "Accepted": ([read], ["accepted-changes/*"]),
        # Conditional writes: If-Match needs the permission to read the object, too.
        "LiveDays": ([read, write], ["live-days/*"]),
        # A rerun of a window reads its late files itself, so it deletes their late profiles.
        "DeleteLateProfiles": ([delete], ["profiles/*/late/*"]),
    }
    bucket = resources.data.analysis
    for sid, (actions, keys) in access.items():
        allow_objects(role, sid, actions=actions, bucket=bucket, keys=keys)
    allow_list_bucket(role, "ListAnalysis", bucket_arn=bucket.bucket_arn)
