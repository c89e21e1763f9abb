"""A processing job: inputs from S3, the container's command as a process, outputs to S3.

``/opt/ml`` of the container is a folder of the job's own: the path is replaced wherever the command
or the environment names it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from rehearsal.sagemaker.archive import download, upload
from rehearsal.sagemaker.pipelines.jobs import CONTAINER_ROOT, Job, JobFailedError, Jobs, Stopper
from rehearsal.sagemaker.pipelines.process_environment import tail
from rehearsal.sagemaker.protocols import Store

PYTHONS = {"python", "python3"}


def process(jobs: Jobs, store: Store, stopper: Stopper, job: Job) -> None:
    """Run the job; raises JobFailedError, StoppedError."""
    for each in job.body.get("ProcessingInputs", []):
        _fetch(store, job, each)
    outputs = job.body.get("ProcessingOutputConfig", {})
    for output in outputs.get("Outputs", []):
        _inside(job, output["S3Output"]["LocalPath"]).mkdir(parents=True, exist_ok=True)
    _write_config(job)
    code = stopper.run(
        _command(job),
        environment=jobs.environment(job.mapped(job.body.get("Environment", {})), _identity(job)),
        folder=job.folder,
        log=job.log,
    )
    if code != 0:
        raise JobFailedError(
            f"AlgorithmError: the container exited with code {code}. {tail(job.log)} "
            f"(log: {job.log})"
        )
    for output in outputs.get("Outputs", []):
        target = output["S3Output"]
        folder = _inside(job, target["LocalPath"])
        upload(store, folder, target["S3Uri"], kms_key=outputs.get("KmsKeyId"))


def _fetch(store: Store, job: Job, each: dict[str, Any]) -> None:
    source = each.get("S3Input")
    if source is None:
        raise JobFailedError(f"ClientError: input {each['InputName']} is no S3 input")
    found = download(store, source["S3Uri"], _inside(job, source["LocalPath"]))
    if not found:
        raise JobFailedError(
            f"ClientError: no objects under {source['S3Uri']} for input {each['InputName']}"
        )


def _command(job: Job) -> list[str]:
    specification = job.body["AppSpecification"]
    words = [
        *specification.get("ContainerEntrypoint", []),
        *specification.get("ContainerArguments", []),
    ]
    if not words:
        raise JobFailedError("ClientError: a processing job needs a ContainerEntrypoint here")
    mapped = [str(word).replace(CONTAINER_ROOT, str(job.folder)) for word in words]
    return [sys.executable if Path(mapped[0]).name in PYTHONS else mapped[0], *mapped[1:]]


def _identity(job: Job) -> dict[str, str]:
    return {"PROCESSING_JOB_NAME": job.name, "PROCESSING_JOB_ARN": job.arn}


def _inside(job: Job, path: str) -> Path:
    """Where a path of the container lies; raises JobFailedError for one outside of ``/opt/ml``."""
    inside = Path(path).is_relative_to(CONTAINER_ROOT)
    if not inside or ".." in Path(path).parts:
        raise JobFailedError(f"ClientError: {path} is not below {CONTAINER_ROOT}")
    return job.folder / Path(path).relative_to(CONTAINER_ROOT)


def _write_config(job: Job) -> None:
    folder = job.folder / "config"
    folder.mkdir(parents=True, exist_ok=True)
    hosts = {"current_host": "algo-1", "hosts": ["algo-1"]}
    (folder / "resourceconfig.json").write_text(json.dumps(hosts))
    (folder / "processingjobconfig.json").write_text(json.dumps(job.body))
