"""Permissions that AWS's documentation asks for and that not every recording needs.

A row names the statement, its actions, and the page. A test fails for a permission that is neither
here nor needed by a recorded request, and for a row of permissions that the templates do not have.
A row for a role names it: a new role, or a new statement, is not covered by an older row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from rehearsal.permissions.policies import Permission


@dataclass(frozen=True, slots=True)
class Documented:
    """Permissions that the documentation asks for.

    ``*`` in a holder or in the sid stands for any text, in rows of resources' policies: CDK
    generates their names.
    """

    holders: tuple[str, ...]
    sid: str
    actions: tuple[str, ...]
    reason: str
    source: str

    def covers(self, permission: Permission) -> bool:
        """Return whether a permission is one of the row's."""
        return (
            any(fnmatchcase(permission.holder, holder) for holder in self.holders)
            and fnmatchcase(permission.sid, self.sid)
            and permission.action in self.actions
        )

    def is_stale(self, permissions: Sequence[Permission]) -> bool:
        """Return whether one of the holders has none of the row's permissions."""
        covered = [permission.holder for permission in permissions if self.covers(permission)]
        return not all(
            any(fnmatchcase(name, holder) for name in covered) for holder in self.holders
        )


_DOCS = "https://docs.aws.amazon.com"
_KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
_FUNCTION_ROLES = (
    *("StartAnalysisRole", "PlanRole", "ProfileRole", "DetectRole", "NotifyFailureRole"),
    *("GateRole", "DescribeChallengerRole", "ReleaseRole", "ReconcileRole", "RegistryRole"),
)

DOCUMENTED: tuple[Documented, ...] = (
    # Functions and schedules
    Documented(
        (*_FUNCTION_ROLES, "SchedulesRole"),
        "SendToDeadLetterQueue",
        ("sqs:SendMessage",),
        "Lambda and EventBridge Scheduler send what failed with the permissions of the role; a"
        " rehearsal in which everything is delivered sends nothing.",
        f"{_DOCS}/lambda/latest/dg/invocation-async-retain-records.html",
    ),
    Documented(
        ("StartAnalysisRole", "ReconcileRole", "SchedulesRole"),
        "FleetKey",
        _KEY_ACTIONS,
        "A role that sends to the encrypted dead-letter queue needs its key.",
        f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
    ),
    Documented(
        ("DescribeChallengerRole",),
        "FleetKey",
        ("kms:GenerateDataKey",),
        "A role that sends to the encrypted dead-letter queue needs its key.",
        f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
    ),
    Documented(
        ("NotifyFailureRole",),
        "OwnLogs",
        ("logs:CreateLogStream", "logs:PutLogEvents"),
        "A function writes its log with the permissions of its role; this one is invoked after a"
        " failure only.",
        f"{_DOCS}/lambda/latest/dg/monitoring-cloudwatchlogs.html",
    ),
    Documented(
        ("NotifyFailureRole (trust)",),
        "statement 1",
        ("sts:AssumeRole",),
        "Lambda assumes the role of a function; this one is invoked after a failure only.",
        f"{_DOCS}/lambda/latest/dg/lambda-intro-execution-role.html",
    ),
    Documented(
        ("PlanRole",),
        "ListWork",
        ("s3:ListBucket",),
        "Without it S3 answers 403 and not 404 for a file that has expired, as a plan has when a"
        " window is analyzed again after weeks.",
        f"{_DOCS}/AmazonS3/latest/API/API_GetObject.html",
    ),
    Documented(
        ("GateRole",),
        "ServingSettings",
        ("ssm:GetParameter",),
        "The gate looks up the serving parameter before what it does once an hour for a model.",
        f"{_DOCS}/service-authorization/latest/reference/list_awssystemsmanager.html",
    ),
    # The analysis state machine
    Documented(
        ("AnalysisRole",),
        "MapExecutions",
        ("states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"),
        "A Distributed Map follows, stops and redrives its child executions.",
        f"{_DOCS}/step-functions/latest/dg/iam-policies-eg-dist-map.html",
    ),
    Documented(
        ("AnalysisRole",),
        "FleetKey",
        ("kms:Decrypt",),
        "A Distributed Map reads its manifest from an encrypted bucket.",
        f"{_DOCS}/AmazonS3/latest/userguide/UsingKMSEncryption.html",
    ),
    Documented(
        ("AnalysisRole",),
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
    Documented(
        ("GateRole",),
        "Pipelines",
        ("sagemaker:ListPipelineExecutions",),
        "The gate looks for an execution whose start had no answer before it gives the start up; a"
        " rehearsal in which each start is answered looks for none.",
        f"{_DOCS}/sagemaker/latest/APIReference/API_ListPipelineExecutions.html",
    ),
    # SageMaker's roles
    Documented(
        ("PipelineRole",),
        "Jobs",
        ("sagemaker:DescribeProcessingJob", "sagemaker:DescribeTrainingJob"),
        "The role of an execution needs Create and Describe permissions for its types of jobs.",
        f"{_DOCS}/sagemaker/latest/dg/build-and-manage-access.html",
    ),
    Documented(
        ("PipelineRole",),
        "Jobs",
        ("sagemaker:StopProcessingJob", "sagemaker:StopTrainingJob"),
        "An execution that is stopped stops its jobs.",
        f"{_DOCS}/sagemaker/latest/APIReference/API_StopPipelineExecution.html",
    ),
    Documented(
        ("PipelineRole",),
        "Jobs",
        ("sagemaker:AddTags",),
        "The action on which creating a resource with tags depends; Pipelines tags its jobs.",
        f"{_DOCS}/service-authorization/latest/reference/list_amazonsagemakerai.html",
    ),
    Documented(
        ("PipelineRole",),
        "Register",
        ("sagemaker:DescribeModelPackage", "sagemaker:DescribeModelPackageGroup"),
        "A role that registers a version may describe the group and its versions.",
        f"{_DOCS}/sagemaker/latest/dg/model-registry-version.html",
    ),
    Documented(
        ("PipelineRole",),
        "DescribeChallenger",
        ("lambda:InvokeFunction",),
        "An execution invokes the function of a Lambda step with its role.",
        f"{_DOCS}/sagemaker/latest/dg/build-and-manage-steps-types.html",
    ),
    Documented(
        ("PipelineRole",),
        "FleetKey",
        ("kms:Encrypt",),
        "The execution role of a job with an output key must include it.",
        f"{_DOCS}/sagemaker/latest/APIReference/API_OutputDataConfig.html",
    ),
    Documented(
        ("PipelineRole",),
        "Artifacts",
        ("s3:AbortMultipartUpload",),
        "A role that uploads in parts aborts an upload that fails.",
        f"{_DOCS}/AmazonS3/latest/userguide/mpuoverview.html",
    ),
    Documented(
        ("RegistryRole",),
        "InitialModels",
        ("s3:AbortMultipartUpload",),
        "A role that uploads in parts aborts an upload that fails.",
        f"{_DOCS}/AmazonS3/latest/userguide/mpuoverview.html",
    ),
    Documented(
        ("RegistryRole",),
        "InitialModels",
        ("s3:PutObject",),
        "Copying an object needs s3:PutObject in the bucket that gets the copy.",
        f"{_DOCS}/AmazonS3/latest/API/API_CopyObject.html",
    ),
    # Policies of resources
    Documented(
        ("*",),
        "statement *",
        ("s3:*",),
        "Denies requests without TLS, or with an old version of it.",
        f"{_DOCS}/AmazonS3/latest/userguide/security-best-practices.html",
    ),
    Documented(
        ("AccessLogs",),
        "statement *",
        ("s3:PutObject",),
        "S3 delivers access logs by the policy of the bucket that keeps them.",
        f"{_DOCS}/AmazonS3/latest/userguide/enable-server-access-logging.html",
    ),
    Documented(
        ("*Queue*",),
        "statement *",
        ("sqs:*",),
        "Denies requests without TLS.",
        f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html",
    ),
    Documented(
        ("*Queue*",),
        "AllowEventRule*",
        ("sqs:SendMessage",),
        "EventBridge sends what it could not deliver by the policy of the rule's queue.",
        f"{_DOCS}/eventbridge/latest/userguide/eb-rule-dlq.html",
    ),
    Documented(
        ("*Topic",),
        "AllowPublishThroughSSLOnly",
        ("sns:Publish",),
        "Denies requests without TLS.",
        f"{_DOCS}/sns/latest/dg/sns-security-best-practices.html",
    ),
    Documented(
        ("Key",),
        "statement *",
        ("kms:*",),
        "Lets the account's IAM policies decide on the use of the key, and keeps it manageable.",
        f"{_DOCS}/kms/latest/developerguide/key-policy-default.html",
    ),
    Documented(
        ("Key",),
        "AlarmsToEncryptedTopic",
        ("kms:Decrypt", "kms:GenerateDataKey*"),
        "CloudWatch publishes to an encrypted topic as a service.",
        f"{_DOCS}/sns/latest/dg/sns-key-management.html",
    ),
    Documented(
        ("Key",),
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
    """Return the rows with a holder that has none of the row's permissions."""
    listed = list(permissions)
    return [row for row in DOCUMENTED if row.is_stale(listed)]
