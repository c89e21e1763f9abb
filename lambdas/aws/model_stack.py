"""Whether the stack of a model is deployed."""

from lambdas.aws.clients import AwsClients
from lambdas.aws.fleet import ModelIndex


def is_deployed(aws: AwsClients, models: ModelIndex, name: str) -> bool:
    """Whether the model's stack is deployed, which has the serving parameter.

    The model package group says nothing about it: it is retained when the stack is deleted.
    """
    client = aws.client("ssm")
    try:
        client.get_parameter(Name=models.names.serving_parameter(name))
    except client.exceptions.ParameterNotFound:
        return False
    return True
