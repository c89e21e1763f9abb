"""The permissions of each Lambda function: a new function is one row of ``GRANTS``."""

from collections.abc import Callable, Mapping

from aws_cdk import aws_iam as iam

from infra.permissions.describe_challenger import grant_describe_challenger
from infra.permissions.detect import grant_detect
from infra.permissions.gate import grant_gate
from infra.permissions.notify_failure import grant_notify_failure
from infra.permissions.plan import grant_plan
from infra.permissions.profile import grant_profile
from infra.permissions.reconcile import grant_reconcile
from infra.permissions.registry import grant_registry
from infra.permissions.release import grant_release
from infra.permissions.resources import FunctionResources
from infra.permissions.start_analysis import grant_start_analysis

Grant = Callable[[iam.Role, FunctionResources], None]

GRANTS: Mapping[str, Grant] = {
    "start_analysis": grant_start_analysis,
    "plan": grant_plan,
    "profile": grant_profile,
    "detect": grant_detect,
    "notify_failure": grant_notify_failure,
    "gate": grant_gate,
    "describe_challenger": grant_describe_challenger,
    "release": grant_release,
    "reconcile": grant_reconcile,
    "registry": grant_registry,
}
"""By the name of the function's folder below ``lambdas/``."""
