"""The account's quotas of instances for endpoints: "<instance type> for endpoint usage".

A quota counts the instances of all endpoints. A blue/green update creates a new fleet while the old
one serves, so its instances come on top of those that serve (SageMaker AI developer guide,
"Blue/Green Deployments"). The error is as in the developer guide, "Query Endpoint Autoscaling
History", and in aws-samples/sagemaker-custom-project-templates#51.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from rehearsal.sagemaker.endpoints.fleet import InstanceFleet
from rehearsal.sagemaker.errors import ServiceError, resource_limit_error


class EndpointQuotas:
    """The quotas that are set; an instance type without one has no limit."""

    def __init__(self) -> None:
        self._limits: dict[str, int] = {}

    def set_limit(self, instance_type: str, limit: int | None) -> None:
        """Set the quota of an instance type; None removes it."""
        if limit is None:
            self._limits.pop(instance_type, None)
        else:
            self._limits[instance_type] = limit

    def require(self, added: Mapping[str, int], existing: Iterable[InstanceFleet]) -> None:
        """Require that the quotas allow ``added`` instances by type; raises ServiceError."""
        used = sum((each.instances_by_type for each in existing), Counter[str]())
        for instance_type, delta in added.items():
            limit = self._limits.get(instance_type)
            if limit is not None and delta > 0 and used[instance_type] + delta > limit:
                raise _quota_error(instance_type, limit, used[instance_type], delta)


def _quota_error(instance_type: str, limit: int, used: int, delta: int) -> ServiceError:
    return resource_limit_error(
        f"The account-level service limit '{instance_type} for endpoint usage' is {limit}"
        f" Instances, with current utilization of {used} Instances and a request delta of {delta}"
        " Instances. Please contact AWS support to request an increase for this limit."
    )
