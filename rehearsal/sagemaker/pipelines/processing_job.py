"""Runs a processing job: inputs from S3, the container's command as a process, outputs to S3.

The job's folder stands for ``/opt/ml`` of the container: the path is replaced in the command and in
the environment.
"""

import json
import sys
from pathlib import Path
from typing import Any

from rehearsal.sagemaker.archive import download, upload
from rehearsal.sagemaker.pipelines.jobs import (
    CONTAINER_ROOT,
    Job,
    JobFailedError,
    StoppableProcess,
)
from rehearsal.sagemaker.process_environment import child_environment, log_tail
from rehearsal.sagemaker.protocols import StoreProtocol

PYTHON_COMMANDS = {"python", "python3"}


def run_processing_job(process: StoppableProcess, job: Job) -> None:
    """Run a job; raises JobFailedError, StoppedError."""
    store = job.role.store
    for each in job.body.get("ProcessingInputs", []):
        _download_input(store, job, each)
    outputs = job.body.get("ProcessingOutputConfig", {})
    for output in outputs.get("Outputs", []):
        _host_path(job, output["S3Output"]["LocalPath"]).mkdir(parents=True, exist_ok=True)
    _write_config(job)
    code = process.run(
        _command(job),
        environment=child_environment(
            job.role.environment,
            job.map_paths(job.body.get("Environment", {})),
            _job_variables(job),
        ),
        folder=job.folder,
        log=job.log,
    )
    if code != 0:
        raise JobFailedError(
            f"AlgorithmError: the container exited with code {code}. {log_tail(job.log)} "
            f"(log: {job.log})"
        )
    for output in outputs.get("Outputs", []):
        target = output["S3Output"]
        folder = _host_path(job, target["LocalPath"])
        upload(store, folder, target["S3Uri"], kms_key=outputs.get("KmsKeyId"))


def _download_input(store: StoreProtocol, job: Job, each: dict[str, Any]) -> None:
    source = each.get("S3Input")
    if source is None:
        raise JobFailedError(f"ClientError: input {each['InputName']} is not an S3 input")
    file_count = download(store, source["S3Uri"], _host_path(job, source["LocalPath"]))
    if not file_count:
        raise JobFailedError(
            f"ClientError: no objects under {source['S3Uri']} for input {each['InputName']}"
        )


def _command(job: Job) -> list[str]:
    specification = job.body["AppSpecification"]
    command = [
        *specification.get("ContainerEntrypoint", []),
        *specification.get("ContainerArguments", []),
    ]
    if not command:
        raise JobFailedError("ClientError: a processing job needs a ContainerEntrypoint")
    mapped = [str(part).replace(CONTAINER_ROOT, str(job.folder)) for part in command]
    return [sys.executable if Path(mapped[0]).name in PYTHON_COMMANDS else mapped[0], *mapped[1:]]


def _job_variables(job: Job) -> dict[str, str]:
    return {"PROCESSING_JOB_NAME": job.name, "PROCESSING_JOB_ARN": job.arn}


def _host_path(job: Job, path: str) -> Path:
    """Return the path on this machine; raises JobFailedError for one outside ``/opt/ml``."""
    is_inside = Path(path).is_relative_to(CONTAINER_ROOT)
    if not is_inside or ".." in Path(path).parts:
        raise JobFailedError(f"ClientError: {path} is not below {CONTAINER_ROOT}")
    return job.folder / Path(path).relative_to(CONTAINER_ROOT)


def _write_config(job: Job) -> None:
    folder = job.folder / "config"
    folder.mkdir(parents=True, exist_ok=True)
    hosts = {"current_host": "algo-1", "hosts": ["algo-1"]}
    (folder / "resourceconfig.json").write_text(json.dumps(hosts))
    (folder / "processingjobconfig.json").write_text(json.dumps(job.body))
