"""S3 that refuses to return one object."""

from typing import Any

import boto3
from botocore.exceptions import ClientError

from lambdas.aws.clients import AwsClients

SERVICES = ("dynamodb", "events", "sns", "sagemaker", "cloudwatch")


def refusing_s3(aws, key, code, status):
    """The clients of ``aws``, with an S3 that refuses GetObject of ``key``."""

    class S3:
        def __getattr__(self, name):
            return getattr(boto3.client("s3"), name)

        def get_object(self, **request):
            if request["Key"] == key:
                response: Any = {
                    "Error": {"Code": code, "Message": "refused"},
                    "ResponseMetadata": {"HTTPStatusCode": status},
                }
                raise ClientError(response, "GetObject")
            return boto3.client("s3").get_object(**request)

    clients = {name: aws.client(name) for name in SERVICES}
    return AwsClients(aws._environ, s3=S3(), **clients)
