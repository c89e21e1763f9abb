"""The KMS requests that reading and writing encrypted resources causes.

AWS's services call KMS with the permissions of their caller (forward access sessions), and name
themselves in ``kms:ViaService``. Sources: Amazon S3 User Guide, "Using server-side encryption with
AWS KMS keys" and "Uploading and copying objects using multipart upload"; Amazon SQS Developer
Guide, "Key management"; Amazon SNS Developer Guide, "Configure AWS KMS permissions"; Amazon
DynamoDB Developer Guide, "DynamoDB encryption at rest: Usage notes" (the table key is decrypted for
each principal).
"""

from collections.abc import Mapping
from typing import Any

from rehearsal.ministack import encryption
from rehearsal.ministack.authorization import Check
from rehearsal.ministack.names import ACCOUNT, REGION

TABLE_ACTIONS = {
    f"dynamodb:{name}"
    for name in (
        "BatchGetItem",
        "BatchWriteItem",
        "ConditionCheckItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "UpdateItem",
    )
}
"""Actions on items, for which DynamoDB needs the key of the table."""

QUEUE_ACTIONS = {
    "sqs:SendMessage": ("kms:GenerateDataKey", "kms:Decrypt"),
    "sqs:ReceiveMessage": ("kms:Decrypt",),
}
LOG_GROUP_ACTIONS = (
    "Encrypt",
    "Decrypt",
    "ReEncryptFrom",
    "ReEncryptTo",
    "GenerateDataKey",
    "DescribeKey",
)
TOPIC_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")


def read_object(bucket: str, key: str) -> list[Check]:
    """Return what reading an object needs."""
    return _object_checks(("kms:Decrypt",), encryption.find_object_key(bucket, key), bucket, key)


def write_object(
    bucket: str, key: str, headers: Mapping[str, str], *, is_multipart: bool
) -> list[Check]:
    """Return what writing an object needs: its key is in the request or that of the bucket."""
    algorithm = headers.get(encryption.ALGORITHM_HEADER, "")
    key_arn = None
    if algorithm.startswith("aws:kms") and headers.get(encryption.KEY_HEADER):
        key_arn = encryption.key_arn(headers[encryption.KEY_HEADER])
    elif not algorithm or algorithm.startswith("aws:kms"):
        key_arn = encryption.find_bucket_key(bucket)
    actions = ("kms:GenerateDataKey", "kms:Decrypt") if is_multipart else ("kms:GenerateDataKey",)
    return _object_checks(actions, key_arn, bucket, key)


def access_table(table: str, action: str) -> list[Check]:
    """Return what an action on the items of a table needs."""
    key_arn = encryption.find_table_key(table) if action in TABLE_ACTIONS else None
    return _checks(
        ("kms:Decrypt",),
        key_arn,
        "dynamodb",
        {"kms:EncryptionContext:aws:dynamodb:tableName": table},
    )


def access_queue(queue_arn: str, action: str, **context: Any) -> list[Check]:
    """Return what an action on the messages of a queue needs."""
    actions = QUEUE_ACTIONS.get(action, ())
    key_arn = encryption.find_queue_key(queue_arn) if actions else None
    encrypted = {"kms:EncryptionContext:aws:sqs:arn": queue_arn}
    return _checks(actions, key_arn, "sqs", encrypted | context)


def publish(topic_arn: str, **context: Any) -> list[Check]:
    """Return what publishing to a topic needs."""
    key_arn = encryption.find_topic_key(topic_arn)
    encrypted = {"kms:EncryptionContext:aws:sns:topicArn": topic_arn}
    return _checks(TOPIC_ACTIONS, key_arn, "sns", encrypted | context)


def encrypt_log_group(key_arn: str, group: str) -> list[Check]:
    """Return what CloudWatch Logs needs, as a service, for a group that a key encrypts.

    Source: Amazon CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
    """
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    context = {"kms:EncryptionContext:aws:logs:arn": arn}
    return [Check(f"kms:{action}", key_arn, context) for action in LOG_GROUP_ACTIONS]


def _object_checks(
    actions: tuple[str, ...], key_arn: str | None, bucket: str, key: str
) -> list[Check]:
    # With a bucket key the encryption context is the bucket, else the object.
    encrypted = f"arn:aws:s3:::{bucket}"
    if not encryption.has_bucket_key(bucket):
        encrypted += f"/{key}"
    return _checks(actions, key_arn, "s3", {"kms:EncryptionContext:aws:s3:arn": encrypted})


def _checks(
    actions: tuple[str, ...], key_arn: str | None, service: str, context: Mapping[str, Any]
) -> list[Check]:
    if key_arn is None:
        return []
    via = {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}
    return [Check(action, key_arn, via | dict(context)) for action in actions]
