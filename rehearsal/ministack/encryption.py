"""Which KMS key encrypts a resource of MiniStack: buckets, objects, queues, topics, tables."""

from typing import Any

from rehearsal.ministack.names import import_module, request_scope

ALGORITHM_HEADER = "x-amz-server-side-encryption"
KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"


def find_bucket_key(bucket: str) -> str | None:
    """Return the ARN of the key of a bucket's default encryption."""
    headers = import_module("services.s3")._bucket_default_sse_headers(bucket)
    return key_arn(headers.get(KEY_HEADER))


def has_bucket_key(bucket: str) -> bool:
    """Return whether a bucket's default encryption uses an S3 Bucket Key."""
    raw = import_module("services.s3")._bucket_encryption.get(bucket) or ""
    return "<BucketKeyEnabled>true</BucketKeyEnabled>" in raw


def find_object_key(bucket: str, key: str) -> str | None:
    """Return the ARN of the key that encrypts an object; None without an object."""
    record = _find_object(bucket, key)
    if record is None:
        return None
    stored = import_module("services.s3")._stored_sse_headers(record)
    if stored.get(ALGORITHM_HEADER):
        return key_arn(stored.get(KEY_HEADER))
    return find_bucket_key(bucket)


def has_object(bucket: str, key: str) -> bool:
    """Return whether a bucket has an object."""
    return _find_object(bucket, key) is not None


def has_bucket(bucket: str) -> bool:
    """Return whether there is a bucket of this name."""
    return import_module("services.s3")._buckets.get(bucket) is not None


def find_queue_key(arn: str) -> str | None:
    """Return the ARN of the key of a queue."""
    queues = import_module("services.sqs")._queues
    for queue in list(queues.values()):
        if queue["attributes"].get("QueueArn") == arn:
            return key_arn(queue["attributes"].get("KmsMasterKeyId"))
    return None


def find_topic_key(arn: str) -> str | None:
    """Return the ARN of the key of a topic."""
    topic = import_module("services.sns")._topics.get(arn) or {}
    return key_arn((topic.get("attributes") or {}).get("KmsMasterKeyId"))


def find_table_key(name: str) -> str | None:
    """Return the ARN of the customer-managed key of a DynamoDB table."""
    table = import_module("services.dynamodb")._tables.get(name) or {}
    return key_arn((table.get("SSEDescription") or {}).get("KMSMasterKeyArn"))


def key_arn(identifier: str | None) -> str | None:
    """Return the ARN of a key given by its id, ARN or alias; None for an unknown key."""
    with request_scope():
        record = import_module("services.kms")._resolve_key(identifier or "")
    return str(record["Arn"]) if record else None


def _find_object(bucket: str, key: str) -> dict[str, Any] | None:
    record = import_module("services.s3")._buckets.get(bucket)
    found: dict[str, Any] | None = record["objects"].get(key) if record else None
    return found
