"""The fleet's one key, and the services that may use it on the account's behalf.

CDK's own key policy names the account alone. What an encrypted topic, queue or log group needs
besides is granted to the service by name, for this account's resources only.
"""

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

WRITE = ("kms:Decrypt", "kms:GenerateDataKey*")


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
        self._let("cloudwatch.amazonaws.com", "AlarmsToEncryptedTopic", same_account)
        self._let("events.amazonaws.com", "RulesToEncryptedQueue", same_account)
        self._let_logs(prefix)

    def _let(self, service: str, sid: str, conditions: dict[str, dict[str, str]]) -> None:
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                principals=[iam.ServicePrincipal(service)],
                actions=[*WRITE],
                resources=["*"],  # in a key's policy, the key itself
                conditions=conditions,
            )
        )

    def _let_logs(self, prefix: str) -> None:
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
                resources=["*"],  # in a key's policy, the key itself
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
            )
        )
