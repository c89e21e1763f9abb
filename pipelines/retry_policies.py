"""Retries and caching of the pipeline's steps.

Sources: SageMaker developer guide, "Retry policy for pipeline steps" (types of exceptions, step
types, limits) and "Default cache key attributes by pipeline step type".

A Lambda step takes no retry policy; SageMaker itself repeats its Step.SERVICE_FAULT and
Step.THROTTLING. A Condition and a Fail step call nothing.
"""

from datetime import timedelta
from typing import Any

from driftloop.retraining.execution_time import (
    CALL_RETRIES,
    CAPACITY_RETRIES,
    INTERNAL_ERROR_RETRIES,
    QUOTA_WAIT,
    RetryLimits,
)

CACHE_LIFETIME = "P7D"
"""ISO 8601 duration."""


def call_retries() -> list[Any]:
    """Retries of the call that starts a step: 10 minutes instead of SageMaker's half a minute.

    Throttling and faults of a service end within minutes: waits of 10, 20, 40, 80, 160 and 320
    seconds. SageMaker's default, 5 retries from 1 second on, covers 31 seconds.
    """
    from sagemaker.mlops.workflow.retry import StepExceptionTypeEnum, StepRetryPolicy

    types = [StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING]
    return [StepRetryPolicy(types, **_limits(CALL_RETRIES))]


def job_retries() -> list[Any]:
    """Retries of a step that runs a job; without them, one shortage costs the whole execution.

    RESOURCE_LIMIT: the account's quota of instances is in use, by another model's pipeline as a
    rule. That pipeline ends within hours, and a waiting step costs nothing: 2 hours, with waits of
    1, 2, 4, … minutes.

    CAPACITY_ERROR: AWS has no instance of the type. The job fails before it runs, so that an
    attempt costs nothing: waits of 2, 4, 8, 16 and 32 minutes.

    JOB_INTERNAL_ERROR: a job may have run, and has been paid for, when it fails this way: 2 more
    attempts.
    """
    from sagemaker.mlops.workflow.retry import (
        SageMakerJobExceptionTypeEnum,
        SageMakerJobStepRetryPolicy,
    )

    return [
        *call_retries(),
        SageMakerJobStepRetryPolicy(
            exception_types=[SageMakerJobExceptionTypeEnum.RESOURCE_LIMIT],
            interval_seconds=60,
            backoff_rate=2.0,
            expire_after_mins=QUOTA_WAIT // timedelta(minutes=1),
        ),
        SageMakerJobStepRetryPolicy(
            failure_reason_types=[SageMakerJobExceptionTypeEnum.CAPACITY_ERROR],
            **_limits(CAPACITY_RETRIES),
        ),
        SageMakerJobStepRetryPolicy(
            failure_reason_types=[SageMakerJobExceptionTypeEnum.INTERNAL_ERROR],
            **_limits(INTERNAL_ERROR_RETRIES),
        ),
    ]


def step_cache() -> Any:
    """Caching for the jobs without a network: Train, Evaluate and Baseline.

    It is safe there: all that they read is in the cache's key, as S3 URIs of files that are written
    once (inputs below the execution's own prefix, code and settings with the hash of their content
    in the key) and as arguments. A hit needs the same URIs, so the inputs of an earlier execution:
    an execution that reuses an earlier Curate (selective execution) also reuses its training.

    Curate is not cached: it reads captured records and labels from S3 by itself, and these change
    while its arguments stay the same. DescribeChallenger is not cached either: it checks an object.
    """
    from sagemaker.mlops.workflow.steps import CacheConfig

    return CacheConfig(enable_caching=True, expire_after=CACHE_LIFETIME)


def _limits(retries: RetryLimits) -> dict[str, Any]:
    return {
        "interval_seconds": retries.interval_seconds,
        "backoff_rate": 2.0,
        "max_attempts": retries.max_attempts,
    }
