"""What Application Auto Scaling requires of its caller in SageMaker and CloudWatch.

It calls the target service and CloudWatch with its caller's permissions, on names of its own, and
fails the request if one of the calls is denied. Sources: Application Auto Scaling User Guide,
"Permissions validation for Application Auto Scaling API calls on target resources"; SageMaker AI
developer guide, "Auto scaling prerequisites"; aws-controllers-k8s/community#2110 (denied on a name
that does not exist).
"""

from rehearsal.ministack.authorization import Check
from rehearsal.ministack.names import ACCOUNT, REGION

ENDPOINT_ACTIONS = {
    "DescribeEndpoint": "endpoint",
    "DescribeEndpointConfig": "endpoint-config",
    "UpdateEndpointWeightsAndCapacities": "endpoint",
}
ALARM_ACTIONS = ("PutMetricAlarm", "DescribeAlarms", "DeleteAlarms")

LINKED_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
LINKED_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"


def find_checks(action: str) -> list[Check]:
    """Return what an action that changes targets or policies requires elsewhere."""
    checks = [
        Check(f"sagemaker:{name}", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/permission-check")
        for name, kind in ENDPOINT_ACTIONS.items()
    ]
    alarm = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:TargetTracking-endpoint/permission-check"
    checks += [Check(f"cloudwatch:{name}", alarm) for name in ALARM_ACTIONS]
    if action.endswith(":RegisterScalableTarget"):
        checks.append(_service_linked_role())
    return checks


def _service_linked_role() -> Check:
    """AWS creates this role at the first registration in an account; here at each one."""
    return Check(
        "iam:CreateServiceLinkedRole",
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{LINKED_SERVICE}/{LINKED_ROLE}",
        {"iam:AWSServiceName": LINKED_SERVICE},
    )
