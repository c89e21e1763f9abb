"""The environment's KMS key and the AWS services that may use it.

CDK's default key policy allows only the account. The AWS service that writes to an encrypted topic,
queue or log group needs access too: the policy names each service and, where the service sends what
a condition needs, restricts it to resources of this account.
"""

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

WRITE_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey*")


class FleetKey(Construct):
    """A customer-managed key with yearly rotation, retained on delete."""

    def __init__(self, scope: Construct, id_: str, *, prefix: str) -> None:
        super().__init__(scope, id_)
        self.key = kms.Key(
            self,
            "Key",
            alias=f"alias/{prefix}",
            description=f"{prefix}: buckets, ledger, notifications, queues and logs",
            enable_key_rotation=True,
            pending_window=Duration.days(30),
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        account = Stack.of(self).account
        same_account = {"StringEquals": {"aws:SourceAccount": account}}
        self._allow_service("cloudwatch.amazonaws.com", "AlarmsToEncryptedTopic", same_account)
        # EventBridge sends no aws:SourceAccount with its requests to KMS for an encrypted topic:
        # Amazon SNS Developer Guide, "Enable compatibility between event sources from AWS services
        # and encrypted topics". For queues it is assumed: a condition would silently drop what
        # EventBridge can't deliver. The queues' policies name the rules. docs/real-account.md has
        # the check.
        self._allow_service("events.amazonaws.com", "RulesToEncryptedQueue", None)
        self._allow_log_groups(prefix)

    def _allow_service(
        self, service: str, sid: str, conditions: dict[str, dict[str, str]] | None
    ) -> None:
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                principals=[iam.ServicePrincipal(service)],
                actions=[*WRITE_ACTIONS],
                resources=["*"],  # in a key policy: this key
                conditions=conditions,
            )
        )

    def _allow_log_groups(self, prefix: str) -> None:
        stack = Stack.of(self)
        groups = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:*{prefix}-*"
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="EncryptedLogGroups",
                principals=[iam.ServicePrincipal(f"logs.{stack.region}.{stack.url_suffix}")],
                actions=[
                    "kms:Encrypt",
                    "kms:Decrypt",
                    "kms:ReEncrypt*",
                    "kms:GenerateDataKey*",
                    "kms:DescribeKey",
                ],
                resources=["*"],  # in a key policy: this key
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
            )
        )
