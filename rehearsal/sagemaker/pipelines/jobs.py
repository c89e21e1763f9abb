"""Processing and training jobs: their state, their APIs, and the process of a running job."""

import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rehearsal.sagemaker.context import SageMakerContext
from rehearsal.sagemaker.errors import not_found_error
from rehearsal.sagemaker.execution_role import AccessDeniedError, ExecutionRole
from rehearsal.sagemaker.pagination import paginate
from rehearsal.sagemaker.process_environment import (
    failure_reason,
    recreate_folder,
)
from rehearsal.sagemaker.protocols import Body, Operations

CONTAINER_ROOT = "/opt/ml"
PROCESSING = "processing"
TRAINING = "training"


class JobFailedError(Exception):
    """A job failed; the message is its FailureReason."""


class StoppedError(Exception):
    """The execution of a job was stopped."""


@dataclass(slots=True)
class Job:
    """One processing or training job. ``folder`` stands for ``/opt/ml`` of its container."""

    kind: str
    name: str
    arn: str
    body: Body
    folder: Path
    log: Path
    role: ExecutionRole
    created: datetime
    modified: datetime
    status: str = "InProgress"
    ended: datetime | None = None
    failure: str | None = None
    artifact: str = ""

    def map_paths(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Replace ``/opt/ml`` by the job's folder in settings."""
        root = str(self.folder)
        return {name: value.replace(CONTAINER_ROOT, root) for name, value in settings.items()}


class StoppableProcess:
    """Runs the processes of one execution's jobs; another thread can stop them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self.stopped = False

    def stop(self) -> None:
        """End the running process, if there is one, and start no others."""
        with self._lock:
            self.stopped = True
            if self._process is not None and self._process.poll() is None:
                self._process.terminate()

    def run(
        self, command: Sequence[str], *, environment: Mapping[str, str], folder: Path, log: Path
    ) -> int:
        """Run a process with its output in ``log``; returns the exit code. Raises StoppedError."""
        with log.open("ab") as output:
            with self._lock:
                if self.stopped:
                    raise StoppedError
                self._process = subprocess.Popen(
                    command, env=dict(environment), cwd=folder, stdout=output, stderr=output
                )
            code = self._process.wait()
        if self.stopped:
            raise StoppedError
        return code


class Jobs:
    """Creates, runs and describes jobs."""

    def __init__(self, context: SageMakerContext) -> None:
        self._context = context
        self._jobs: dict[tuple[str, str], Job] = {}

    def operations(self) -> Operations:
        """Return the APIs of this class by name."""
        return {
            "DescribeProcessingJob": self.describe_processing,
            "ListProcessingJobs": self.list_processing,
            "DescribeTrainingJob": self.describe_training,
            "ListTrainingJobs": self.list_training,
        }

    def run(self, kind: str, name: str, body: Body, work: Callable[[Job], None]) -> Job:
        """Create a job, do its ``work`` and store its outcome; re-raises exceptions of the work."""
        job = self._create(kind, name, body)
        status = "Failed"
        try:
            _start_container(job)
            work(job)
            status = "Completed"
        except StoppedError:
            status = "Stopped"
            raise
        except Exception as error:
            job.failure = failure_reason(error)
            raise
        finally:
            with self._context.change():
                job.status = status
                job.ended = job.modified = self._context.now()
        return job

    def describe_processing(self, body: Body) -> Body:
        """DescribeProcessingJob."""
        return processing_properties(self._get_job(PROCESSING, body["ProcessingJobName"]))

    def describe_training(self, body: Body) -> Body:
        """DescribeTrainingJob."""
        return training_properties(self._get_job(TRAINING, body["TrainingJobName"]))

    def list_processing(self, body: Body) -> Body:
        """ListProcessingJobs."""
        return self._list(PROCESSING, body, "ProcessingJob", "ProcessingJobSummaries")

    def list_training(self, body: Body) -> Body:
        """ListTrainingJobs."""
        return self._list(TRAINING, body, "TrainingJob", "TrainingJobSummaries")

    def _create(self, kind: str, name: str, body: Body) -> Job:
        folder = recreate_folder(self._context.folder / "jobs" / name)
        (folder / "ml").mkdir()
        with self._context.change():
            now = self._context.now()
            job = Job(
                kind=kind,
                name=name,
                arn=self._context.arn(f"{kind}-job", name),
                body=body,
                folder=(folder / "ml").resolve(),
                log=(folder / "log.txt").resolve(),
                role=self._context.assume_role(
                    body["RoleArn"], self._context.arn(f"{kind}-job", name)
                ),
                created=now,
                modified=now,
            )
            self._context.set_tags(job.arn, body.get("Tags", []))
            self._jobs[kind, name] = job
        return job

    def _get_job(self, kind: str, name: str) -> Job:
        if (kind, name) not in self._jobs:
            raise not_found_error("Requested resource not found.")
        return self._jobs[kind, name]

    def _list(self, kind: str, body: Body, prefix: str, key: str) -> Body:
        status = body.get("StatusEquals")
        jobs = [job for job in self._jobs.values() if job.kind == kind]
        return paginate(
            [job for job in jobs if status in (None, job.status)],
            body,
            key=key,
            name=f"{prefix}Name",
            descending=kind == PROCESSING,
            summary=lambda job: {
                f"{prefix}Name": job.name,
                f"{prefix}Arn": job.arn,
                "CreationTime": job.created,
                "LastModifiedTime": job.modified,
                f"{prefix}Status": job.status,
                f"{prefix[:-3]}EndTime": job.ended,
            },
        )


def _start_container(job: Job) -> None:
    """Authorize what SageMaker does by the job's role before its container runs."""
    if job.kind == PROCESSING:
        image = job.body["AppSpecification"]["ImageUri"]
        instances = job.body["ProcessingResources"]["ClusterConfig"]
    else:
        image = job.body["AlgorithmSpecification"].get("TrainingImage", "")
        instances = job.body["ResourceConfig"]
    try:
        job.role.encrypt_volumes(instances.get("VolumeKmsKeyId"))
        job.role.pull_image(image)
        job.role.write_logs(f"/aws/sagemaker/{job.kind.title()}Jobs", creates_group=True)
    except AccessDeniedError as error:
        raise JobFailedError(f"ClientError: {error}") from error


def processing_properties(job: Job) -> Body:
    """Return the response of DescribeProcessingJob, to which later steps may refer."""
    members = {key: value for key, value in job.body.items() if key != "Tags"}
    return {
        **members,
        "ProcessingJobName": job.name,
        "ProcessingJobArn": job.arn,
        "ProcessingJobStatus": job.status,
        "FailureReason": job.failure,
        "CreationTime": job.created,
        "ProcessingStartTime": job.created,
        "ProcessingEndTime": job.ended,
        "LastModifiedTime": job.modified,
    }


def training_properties(job: Job) -> Body:
    """Return the response of DescribeTrainingJob, to which later steps may refer."""
    members = {
        key: value for key, value in job.body.items() if key not in {"Tags", "ProfilerConfig"}
    }
    secondary = {"InProgress": "Training"}.get(job.status, job.status)
    return {
        **members,
        "TrainingJobName": job.name,
        "TrainingJobArn": job.arn,
        "TrainingJobStatus": job.status,
        "SecondaryStatus": secondary,
        "ModelArtifacts": {"S3ModelArtifacts": job.artifact},
        "FailureReason": job.failure,
        "CreationTime": job.created,
        "TrainingStartTime": job.created,
        "TrainingEndTime": job.ended,
        "LastModifiedTime": job.modified,
    }
