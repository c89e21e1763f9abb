"""A shadow variant captures beside the production variant: its records are not analyzed."""

import boto3

from driftloop.contract.resource_names import VARIANT
from lambdas.plan.handler import handle as plan
from tests.lambdas.analysis import manifest, objects_of, work

HOUR = "2026/03/10/11/10-00-000-a.jsonl"


def test_the_deployed_analysis_reads_only_the_production_variant(live):
    endpoint = "driftloop-test-late"
    own = f"late/v1/{endpoint}/{VARIANT}/{HOUR}"
    for key in (
        own,
        f"late/v1/{endpoint}/shadow/{HOUR}",
        f"late/v1/{endpoint}/{VARIANT}-shadow/{HOUR}",
        f"late/v1/other/{VARIANT}/{HOUR}",
        f"late/v10/{endpoint}/{VARIANT}/{HOUR}",
    ):
        boto3.client("s3").put_object(Bucket="capture", Key=key, Body=b"{}\n")
    [item] = manifest(plan(work(), None, live))
    assert [found["key"] for found in objects_of(item)] == [own]
