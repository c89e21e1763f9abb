"""The dead-letter queue of a stack.

Each stack has its own: a queue shared between stacks would be a circular dependency.
"""

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.iam_statements import acknowledge_finding


class DeadLetterQueue(Construct):
    """An encrypted, TLS-only queue that keeps messages for 14 days."""

    def __init__(self, scope: Construct, id_: str, *, name: str, key: kms.IKey) -> None:
        super().__init__(scope, id_)
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=name,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        acknowledge_finding(
            self.queue, "AwsSolutions-SQS3", "This queue is a dead-letter queue itself."
        )
