"""The check of requests against botocore's service models, and the hook that all tests share."""

import re
import warnings

import boto3
import pytest
from botocore.model import ListShape, MapShape, StructureShape
from moto import mock_aws

from rehearsal.request_shapes import request_errors, service_model, validation_errors

SERVICES = (
    "application-autoscaling",
    "cloudformation",
    "cloudwatch",
    "dynamodb",
    "events",
    "iam",
    "kms",
    "lambda",
    "logs",
    "s3",
    "sagemaker",
    "sagemaker-runtime",
    "scheduler",
    "sns",
    "sqs",
    "ssm",
    "stepfunctions",
)


@pytest.mark.parametrize("service", SERVICES)
def test_every_pattern_of_a_service_can_be_checked(service):
    model = service_model(service)
    shapes = [model.shape_for(name) for name in model.shape_names]
    strings = [
        shape for shape in shapes if not isinstance(shape, StructureShape | ListShape | MapShape)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for shape in strings:
            list(validation_errors(shape, "a text"))


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "error"),
    [
        # https://docs.aws.amazon.com/lambda/latest/api/API_InvocationRequest: an enum
        (
            "lambda",
            "Invoke",
            {"FunctionName": "gate", "InvocationType": "Asynchronous"},
            "'invocationType'.*enum",
        ),
        # PutScalingPolicy: ResourceId allows characters of XML, no control characters
        (
            "application-autoscaling",
            "DescribeScalingPolicies",
            {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/a\x00"},
            "'resourceId'.*pattern",
        ),
        # CreatePipeline: names are letters, digits and hyphens
        ("sagemaker", "DescribePipeline", {"PipelineName": "my_pipeline"}, "pattern"),
        # StartPipelineExecution: a parameter's value has at most 1,024 characters
        (
            "sagemaker",
            "StartPipelineExecution",
            {
                "PipelineName": "p",
                "ClientRequestToken": "t" * 32,
                "PipelineParameters": [{"Name": "Reason", "Value": "a" * 1025}],
            },
            "length less than or equal to 1024",
        ),
        # PutMetricAlarm: a statistic is one of an enum
        (
            "cloudwatch",
            "PutMetricAlarm",
            {
                "AlarmName": "a",
                "EvaluationPeriods": 0,
                "ComparisonOperator": "GreaterThanThreshold",
            },
            "greater than or equal to 1",
        ),
    ],
)
def test_a_request_that_breaks_the_model_is_an_error(service, operation, parameters, error):
    (message,) = request_errors(service, operation, parameters)
    assert re.search(error, message)


def test_a_valid_request_has_no_errors():
    parameters = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/driftloop-main-credit/variant/AllTraffic",
    }
    assert request_errors("application-autoscaling", "DescribeScalingPolicies", parameters) == []


def test_an_invalid_request_of_any_client_in_a_test_fails_the_test():
    with mock_aws():
        client = boto3.client("sagemaker", region_name="eu-central-1")
        with pytest.raises(AssertionError, match=r"sagemaker DescribeEndpoint: .*pattern"):
            client.describe_endpoint(EndpointName="my_endpoint!")
