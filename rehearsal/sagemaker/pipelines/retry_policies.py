"""The retry policies of a definition's steps, checked by the SageMaker developer guide's rules.

Nothing is retried here: the emulated jobs have no faults that SageMaker would repeat.
"""

from collections.abc import Iterator
from typing import Any

from rehearsal.sagemaker.protocols import Body

RETRYABLE_TYPES = {"Processing", "Training", "RegisterModel", "Model"}
"""The guide's "Retry policy for pipeline steps" names these, and others that are not played."""

EXCEPTION_TYPES = {
    "Step.SERVICE_FAULT",
    "Step.THROTTLING",
    "SageMaker.JOB_INTERNAL_ERROR",
    "SageMaker.CAPACITY_ERROR",
    "SageMaker.RESOURCE_LIMIT",
}
MAXIMUM = {"IntervalSeconds": 43_200, "MaxAttempts": 20, "ExpireAfterMin": 14_400}
FIELDS = {"ExceptionType", "BackoffRate", *MAXIMUM}


def retry_policy_errors(step: Body) -> Iterator[str]:
    """Yield what is wrong with the retry policies of a step."""
    policies = step.get("RetryPolicies", [])
    if policies and step["Type"] not in RETRYABLE_TYPES:
        yield f"step {step['Name']} of type {step['Type']} takes no RetryPolicies"
    for policy in policies:
        for problem in _problems(policy):
            yield f"step {step['Name']}: RetryPolicies: {problem}"


def _problems(policy: dict[str, Any]) -> Iterator[str]:
    if unknown := sorted(policy.keys() - FIELDS):
        yield f"unknown fields {unknown}"
    if not policy.get("ExceptionType") or set(policy["ExceptionType"]) - EXCEPTION_TYPES:
        yield f"ExceptionType {policy.get('ExceptionType')}: not in {sorted(EXCEPTION_TYPES)}"
    for field, maximum in MAXIMUM.items():
        if not 0 <= policy.get(field, 0) <= maximum:
            yield f"{field} {policy[field]}: must be 0 to {maximum}"
    if {"MaxAttempts", "ExpireAfterMin"} <= policy.keys():
        yield "only one of MaxAttempts and ExpireAfterMin can be given"
