"""How long an execution of a model's pipeline takes at most, from the limits of its steps.

The pipeline's definition is made from the same numbers. Attempts and waits are bounded by the
steps' retry policies; source: SageMaker developer guide, "Retry policy for pipeline steps".
"""

from dataclasses import dataclass
from datetime import timedelta

from driftloop.config.sections import TrainingSettings

JOB_STEPS = ("Curate", "Train", "Evaluate", "Baseline")
"""The steps that run a job; they follow each other."""


@dataclass(frozen=True, slots=True)
class RetryLimits:
    """Waits of ``interval_seconds``, doubled each time, ``max_attempts`` times."""

    interval_seconds: int
    max_attempts: int

    @property
    def waiting(self) -> timedelta:
        """The sum of all waits."""
        return timedelta(seconds=self.interval_seconds * (2**self.max_attempts - 1))


CALL_RETRIES = RetryLimits(interval_seconds=10, max_attempts=6)
"""Of the call that starts a step, after throttling or a fault of the service."""

CAPACITY_RETRIES = RetryLimits(interval_seconds=120, max_attempts=5)
"""Of a job for which AWS has no instance: it has not run."""

INTERNAL_ERROR_RETRIES = RetryLimits(interval_seconds=60, max_attempts=2)
"""Of a job that failed by a fault of SageMaker: it may have run for its whole time limit."""

QUOTA_WAIT = timedelta(minutes=120)
"""How long a job waits for a quota of instances that is in use."""

_OTHER_STEPS = timedelta(hours=1)
"""For what has no limit in the settings: the start of instances, and the steps without a job.

A Lambda step takes at most 10 minutes (SageMaker developer guide, "Lambda step").
"""


def max_execution_time(training: TrainingSettings) -> timedelta:
    """The longest time that the steps' own limits allow; an execution beyond it does not end."""
    attempts = 1 + INTERNAL_ERROR_RETRIES.max_attempts
    waiting = (CALL_RETRIES, CAPACITY_RETRIES, INTERNAL_ERROR_RETRIES)
    job = attempts * timedelta(minutes=training.max_runtime_minutes) + QUOTA_WAIT
    job += sum((retries.waiting for retries in waiting), timedelta())
    return len(JOB_STEPS) * job + CALL_RETRIES.waiting + _OTHER_STEPS
