"""What SageMaker does by an execution role: it reads and writes S3, pulls images, writes logs.

Source: SageMaker AI developer guide, "How to use SageMaker AI execution roles" (the permissions of
CreateModel, CreateProcessingJob, CreateTrainingJob), and API reference, CreateEndpointConfig and
UpdateEndpoint.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from rehearsal.authorization import AccessDeniedError, Check, sagemaker_checks
from rehearsal.sagemaker.protocols import Body, StoreProtocol

IMAGE_ACTIONS = ("BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "BatchGetImage")


class Require(Protocol):
    """Authorizes what SageMaker does by a role; raises AccessDeniedError."""

    def __call__(self, *checks: Check) -> None:
        """Authorize checks in turn."""
        ...


class ExecutionRole:
    """A session of a role that SageMaker has assumed.

    Attributes:
        store: S3, accessed with the credentials of the session.
        environment: Environment of the processes that run instead of containers, with the same
            credentials.
    """

    def __init__(
        self, require: Require, store: StoreProtocol, environment: Mapping[str, str]
    ) -> None:
        self._require = require
        self.store = store
        self.environment = environment

    def call(self, api: str, body: Body) -> None:
        """Authorize one of SageMaker's own APIs, which a pipeline calls by its role."""
        self._require(*sagemaker_checks.find_checks(api, body))

    def invoke_function(self, arn: str) -> None:
        """Authorize the invocation of a Lambda step's function."""
        self._require(Check("lambda:InvokeFunction", arn))

    def pull_image(self, image: str) -> None:
        """Authorize pulling a container image from ECR."""
        self._require(Check("ecr:GetAuthorizationToken", "*"))
        registry, _, name = image.partition("/")
        account, _, _, region = registry.split(".")[:4] if registry.count(".") >= 4 else ("",) * 4
        repository = name.partition(":")[0].partition("@")[0]
        arn = f"arn:aws:ecr:{region}:{account}:repository/{repository}"
        self._require(*(Check(f"ecr:{action}", arn) for action in IMAGE_ACTIONS))

    def encrypt_volumes(self, key_arn: str | None) -> None:
        """Authorize the grant with which the volumes of instances are encrypted."""
        if key_arn:
            self._require(*sagemaker_checks.volume_encryption(key_arn))

    def describe_alarms(self, arns: Iterable[str]) -> None:
        """Authorize reading the alarms of an update's rollback configuration.

        Source: developer guide, "Auto-Rollback Configuration and Monitoring": the execution role
        needs cloudwatch:DescribeAlarms.
        """
        self._require(*(Check("cloudwatch:DescribeAlarms", arn) for arn in arns))

    def write_logs(self, group: str, *, creates_group: bool) -> None:
        """Authorize the log streams of a container, and the metrics of its instance."""
        self._require(*sagemaker_checks.logs_and_metrics(group, creates_group=creates_group))


AssumeRole = Callable[[str, str], ExecutionRole]
"""Takes the ARN of a role and the ARN of the resource for which SageMaker assumes it."""


def unrestricted(store: StoreProtocol, environment: Mapping[str, str]) -> AssumeRole:
    """Return a function whose sessions may do everything: SageMaker without IAM."""

    def require(*_checks: Check) -> None:
        return None

    return lambda _role, _source: ExecutionRole(require, store, environment)


__all__ = ["AccessDeniedError", "AssumeRole", "ExecutionRole", "unrestricted"]
