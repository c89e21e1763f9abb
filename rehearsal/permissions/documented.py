"""Permissions that AWS's documentation asks for and that not every recording needs.

A row names the statement, its actions, and the page. A test fails for a permission that is neither
here nor needed by a recorded request, and for a row of permissions that the templates do not have.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from rehearsal.permissions.policies import Permission


@dataclass(frozen=True, slots=True)
class Documented:
    """Permissions that the documentation asks for; ``*`` in holder or sid stands for any text."""

    holder: str
    sid: str
    actions: tuple[str, ...]
    reason: str
    source: str

    def covers(self, permission: Permission) -> bool:
        """Return whether a permission is one of the row's."""
        return (
            fnmatchcase(permission.holder, self.holder)
            and fnmatchcase(permission.sid, self.sid)
            and permission.action in self.actions
        )


_DOCS = "https://docs.aws.amazon.com"
_KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")

DOCUMENTED: tuple[Documented, ...] = (
    # Functions and schedules
    Documented(
        "*Role",
        "SendToDeadLetterQueue",
        ("sqs:SendMessage",),
        "Lambda and EventBridge Scheduler send what failed with the permissions of the role; a"
        " rehearsal in which everything is delivered sends nothing.",
        f"{_DOCS}/lambda/latest/dg/invocation-async-retain-records.html",
    ),
    Documented(
        "*Role",
        "FleetKey",
        _KEY_ACTIONS,
        "Who sends to the encrypted dead-letter queue needs its key.",
        f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
    ),
    Documented(
        "*Role",
        "OwnLogs",
        ("logs:CreateLogStream", "logs:PutLogEvents"),
        "A function writes its log with the permissions of its role, also one that is invoked"
        " after a failure only.",
        f"{_DOCS}/lambda/latest/dg/monitoring-cloudwatchlogs.html",
    ),
    Documented(
        "*Role (trust)",
        "statement *",
        ("sts:AssumeRole",),
        "Lambda assumes the role of a function, also of one that is invoked after a failure only.",
        f"{_DOCS}/lambda/latest/dg/lambda-intro-execution-role.html",
    ),
    Documented(
        "* (invocation)",
        "Invoke",
        ("lambda:InvokeFunction",),
        "A rule invokes its function by the function's resource-based policy.",
        f"{_DOCS}/eventbridge/latest/userguide/eb-use-resource-based.html",
    ),
    # The analysis state machine
    Documented(
        "AnalysisRole",
        "MapExecutions",
        ("states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"),
        "A Distributed Map follows, stops and redrives its child executions.",
        f"{_DOCS}/step-functions/latest/dg/iam-policies-eg-dist-map.html",
    ),
    Documented(
        "AnalysisRole",
        "FleetKey",
        ("kms:Decrypt",),
        "A Distributed Map reads its manifest from an encrypted bucket.",
        f"{_DOCS}/AmazonS3/latest/userguide/UsingKMSEncryption.html",
    ),
    Documented(
        "AnalysisRole",
        "Tracing",
        (
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
        ),
        "Step Functions sends the traces of a state machine with tracing.",
        f"{_DOCS}/step-functions/latest/dg/concepts-xray-tracing.html",
    ),
    # SageMaker's roles
    Documented(
        "PipelineRole",
        "Jobs",
        ("sagemaker:DescribeProcessingJob", "sagemaker:DescribeTrainingJob"),
        "The role of an execution needs Create and Describe permissions for its types of jobs.",
        f"{_DOCS}/sagemaker/latest/dg/build-and-manage-access.html",
    ),
    Documented(
        "PipelineRole",
        "Jobs",
        ("sagemaker:StopProcessingJob", "sagemaker:StopTrainingJob"),
        "An execution that is stopped stops its jobs.",
        f"{_DOCS}/sagemaker/latest/APIReference/API_StopPipelineExecution.html",
    ),
    Documented(
        "*Role",
        "*",
        ("sagemaker:AddTags",),
        "The action on which creating a resource with tags depends; Pipelines tags its jobs.",
        f"{_DOCS}/service-authorization/latest/reference/list_amazonsagemakerai.html",
    ),
    Documented(
        "PipelineRole",
        "Register",
        ("sagemaker:DescribeModelPackage", "sagemaker:DescribeModelPackageGroup"),
        "Who registers a version may describe the group and its versions.",
        f"{_DOCS}/sagemaker/latest/dg/model-registry-version.html",
    ),
    Documented(
        "PipelineRole",
        "DescribeChallenger",
        ("lambda:InvokeFunction",),
        "An execution invokes the function of a Lambda step with its role.",
        f"{_DOCS}/sagemaker/latest/dg/build-and-manage-steps-types.html",
    ),
    Documented(
        "PipelineRole",
        "FleetKey",
        ("kms:Encrypt",),
        "The execution role of a job with an output key must include it.",
        f"{_DOCS}/sagemaker/latest/APIReference/API_OutputDataConfig.html",
    ),
    Documented(
        "*Role",
        "*",
        ("s3:AbortMultipartUpload",),
        "Who uploads in parts aborts an upload that fails.",
        f"{_DOCS}/AmazonS3/latest/userguide/mpuoverview.html",
    ),
    Documented(
        "RegistryRole",
        "InitialModels",
        ("s3:PutObject",),
        "Copying an object needs s3:PutObject in the bucket that gets the copy.",
        f"{_DOCS}/AmazonS3/latest/API/API_CopyObject.html",
    ),
    # Policies of resources
    Documented(
        "*",
        "statement *",
        ("s3:*",),
        "Denies requests without TLS, or with an old version of it.",
        f"{_DOCS}/AmazonS3/latest/userguide/security-best-practices.html",
    ),
    Documented(
        "AccessLogs",
        "statement *",
        ("s3:PutObject",),
        "S3 delivers access logs by the policy of the bucket that keeps them.",
        f"{_DOCS}/AmazonS3/latest/userguide/enable-server-access-logging.html",
    ),
    Documented(
        "*Queue*",
        "statement *",
        ("sqs:*",),
        "Denies requests without TLS.",
        f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html",
    ),
    Documented(
        "*Queue*",
        "AllowEventRule*",
        ("sqs:SendMessage",),
        "EventBridge sends what it could not deliver by the policy of the rule's queue.",
        f"{_DOCS}/eventbridge/latest/userguide/eb-rule-dlq.html",
    ),
    Documented(
        "*Topic",
        "AllowPublishThroughSSLOnly",
        ("sns:Publish",),
        "Denies requests without TLS.",
        f"{_DOCS}/sns/latest/dg/sns-security-best-practices.html",
    ),
    Documented(
        "Key",
        "statement *",
        ("kms:*",),
        "Lets the account's IAM policies decide on the use of the key, and keeps it manageable.",
        f"{_DOCS}/kms/latest/developerguide/key-policy-default.html",
    ),
    Documented(
        "Key",
        "AlarmsToEncryptedTopic",
        ("kms:Decrypt", "kms:GenerateDataKey*"),
        "CloudWatch publishes to an encrypted topic as a service.",
        f"{_DOCS}/sns/latest/dg/sns-key-management.html",
    ),
    Documented(
        "Key",
        "RulesToEncryptedQueue",
        ("kms:Decrypt", "kms:GenerateDataKey*"),
        "EventBridge sends to an encrypted queue as a service.",
        f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
    ),
)


def find_documented(permission: Permission) -> Documented | None:
    """Return the row that covers a permission."""
    return next((row for row in DOCUMENTED if row.covers(permission)), None)


def stale_rows(permissions: Iterable[Permission]) -> list[Documented]:
    """Return the rows that cover none of the permissions."""
    listed = list(permissions)
    return [row for row in DOCUMENTED if not any(row.covers(each) for each in listed)]
