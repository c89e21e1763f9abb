"""A Lambda step: invokes the function once and waits; its result has the step's outputs.

The limits are those of the API reference (LambdaStepMetadata, OutputParameter).
"""

from typing import Any

from rehearsal.sagemaker.protocols import Body, InvokeFunction

MAX_OUTPUTS = 50
MAX_VALUE_LENGTH = 1024
TYPES: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (float, int),
    "Boolean": (bool,),
}


class LambdaStepError(Exception):
    """The function failed, or its result lacks an output; the message is the FailureReason."""


def run_lambda_step(step: Body, arguments: Body, invoke_function: InvokeFunction) -> Body:
    """Return the step's outputs by name; raises LambdaStepError."""
    declared = step.get("OutputParameters", [])
    if len(declared) > MAX_OUTPUTS:
        raise LambdaStepError(f"ClientError: more than {MAX_OUTPUTS} OutputParameters")
    result = invoke_function(step["FunctionArn"], arguments)
    body = result.get("body")
    if result.get("error"):
        details = body if isinstance(body, dict) else {}
        raise LambdaStepError(
            f"ClientError: the Lambda function {step['FunctionArn']} failed: "
            f"{details.get('errorType', 'error')}: {details.get('errorMessage', body)}"
        )
    if not isinstance(body, dict):
        raise LambdaStepError(f"ClientError: the Lambda function returned no object: {body!r}")
    return {each["OutputName"]: _output(each, body) for each in declared}


def _output(declared: Body, body: Body) -> Any:
    name, kind = declared["OutputName"], declared["OutputType"]
    if name not in body:
        raise LambdaStepError(f"ClientError: the Lambda function returned no output {name}")
    value = body[name]
    is_flag = isinstance(value, bool)
    if not isinstance(value, TYPES[kind]) or is_flag != (kind == "Boolean"):
        raise LambdaStepError(f"ClientError: output {name} is {value!r}, which is no {kind}")
    if len(str(value)) > MAX_VALUE_LENGTH:
        raise LambdaStepError(f"ClientError: output {name} exceeds {MAX_VALUE_LENGTH} characters")
    return value
