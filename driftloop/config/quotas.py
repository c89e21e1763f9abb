"""The SageMaker quotas that the models of a configuration need.

Source: SageMaker's names of its quotas in Service Quotas, ``<instance type> for endpoint usage``,
``for training job usage`` and ``for processing job usage``.
"""

from collections import Counter
from dataclasses import dataclass

from driftloop.config.settings import Config


@dataclass(frozen=True, slots=True)
class RequiredQuota:
    """A quota by its name in Service Quotas, and the instances that the configuration needs.

    ``minimum`` is enough to start; ``maximum`` also covers autoscaling, and retrainings and
    releases of all models at once.
    """

    name: str
    minimum: int
    maximum: int


def required_quotas(config: Config) -> list[RequiredQuota]:
    """Return the quotas, sorted by name.

    A blue/green deployment keeps the old fleet until the new one serves, so an endpoint needs twice
    its instances while a release runs (SageMaker Developer Guide, "Blue/Green Deployments").
    """
    initial: Counter[str] = Counter()
    largest: Counter[str] = Counter()
    jobs: Counter[str] = Counter()
    for model in config.models.values():
        serving = model.serving
        initial[serving.instance_type] += 2 * serving.initial_instance_count
        largest[serving.instance_type] += 2 * serving.max_instance_count
        jobs[model.training.instance_type] += 1
    quotas = [
        RequiredQuota(f"{kind} for endpoint usage", count, largest[kind])
        for kind, count in initial.items()
    ]
    quotas += [
        RequiredQuota(f"{kind} for {job} job usage", 1, count)
        for kind, count in jobs.items()
        for job in ("processing", "training")
    ]
    return sorted(quotas, key=lambda quota: quota.name)
