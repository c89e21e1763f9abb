"""Which KMS key encrypts a resource of MiniStack: buckets, objects, queues, topics, tables."""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from rehearsal.ministack.names import import_module, request_scope
from rehearsal.ministack.services import on_resource_creation

ALGORITHM_HEADER = "x-amz-server-side-encryption"
KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"


def keep_template_encryption() -> None:
    """Keep the customer-managed keys that a template gives to buckets, topics and tables.

    MiniStack's CloudFormation creates them without. Keys that AWS manages need no permission.
    """
    on_resource_creation("AWS::S3::Bucket", after=_encrypt_bucket)
    on_resource_creation("AWS::SNS::Topic", after=_encrypt_topic)
    on_resource_creation("AWS::DynamoDB::Table", after=_encrypt_table)


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


def _encrypt_bucket(name: str, properties: Mapping[str, Any]) -> None:
    rules = (properties.get("BucketEncryption") or {}).get("ServerSideEncryptionConfiguration", ())
    root = ElementTree.Element("ServerSideEncryptionConfiguration")
    for rule in rules:
        element = ElementTree.SubElement(root, "Rule")
        default = ElementTree.SubElement(element, "ApplyServerSideEncryptionByDefault")
        given = rule.get("ServerSideEncryptionByDefault") or {}
        for member in ("SSEAlgorithm", "KMSMasterKeyID"):
            if given.get(member):
                ElementTree.SubElement(default, member).text = str(given[member])
        enabled = str(rule.get("BucketKeyEnabled", False)).lower()
        ElementTree.SubElement(element, "BucketKeyEnabled").text = enabled
    if root.find(".//KMSMasterKeyID") is not None:
        text = ElementTree.tostring(root, encoding="unicode")
        import_module("services.s3")._bucket_encryption[name] = text


def _encrypt_topic(arn: str, properties: Mapping[str, Any]) -> None:
    if key := properties.get("KmsMasterKeyId"):
        import_module("services.sns")._topics[arn]["attributes"]["KmsMasterKeyId"] = key


def _encrypt_table(name: str, properties: Mapping[str, Any]) -> None:
    specification = properties.get("SSESpecification") or {}
    if key := specification.get("KMSMasterKeyId"):
        description = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key_arn(key)}
        import_module("services.dynamodb")._tables[name]["SSEDescription"] = description


def _find_object(bucket: str, key: str) -> dict[str, Any] | None:
    record = import_module("services.s3")._buckets.get(bucket)
    found: dict[str, Any] | None = record["objects"].get(key) if record else None
    return found
