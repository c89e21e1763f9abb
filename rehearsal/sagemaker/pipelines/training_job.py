"""Runs a training job in script mode, with the toolkit that SageMaker's images use.

The toolkit takes its folder from ``SAGEMAKER_BASE_DIR``. It downloads the code that the
hyperparameters name, and runs it with channels, hyperparameters and model folder as in a container.
"""

import json
import sys
from typing import Any

from rehearsal.sagemaker.archive import download, pack
from rehearsal.sagemaker.pipelines.jobs import Job, JobFailedError, StoppableProcess
from rehearsal.sagemaker.process_environment import child_environment, log_tail
from rehearsal.sagemaker.protocols import StoreProtocol

# "algo-1", the name in a real container, would make the toolkit wait for a name server.
HOST = "localhost"
TOOLKIT = "sagemaker_training.cli.train"


def run_training_job(process: StoppableProcess, job: Job) -> None:
    """Run a job and upload its artifacts; raises JobFailedError, StoppedError."""
    store = job.role.store
    if "sagemaker_program" not in job.body.get("HyperParameters", {}):
        raise JobFailedError(
            "ClientError: only script mode is supported: the hyperparameters have no "
            "sagemaker_program"
        )
    _download_channels(store, job)
    _write_config(job)
    code = process.run(
        [sys.executable, "-m", TOOLKIT],
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
            f"AlgorithmError: ExecuteUserScriptError: exit code: {code}. {log_tail(job.log)} "
            f"(log: {job.log})"
        )
    _upload(store, job)


def _download_channels(store: StoreProtocol, job: Job) -> None:
    for channel in job.body.get("InputDataConfig", []):
        name, source = channel["ChannelName"], channel["DataSource"].get("S3DataSource")
        if source is None:
            raise JobFailedError(f"ClientError: channel {name} is not in S3")
        if not download(store, source["S3Uri"], job.folder / "input" / "data" / name):
            raise JobFailedError(
                f"ClientError: No S3 objects found under S3 URL {source['S3Uri']!r} given in input "
                f"data source of channel {name}"
            )


def _write_config(job: Job) -> None:
    folder = job.folder / "input" / "config"
    folder.mkdir(parents=True, exist_ok=True)
    instances = job.body.get("ResourceConfig", {})
    resources = {
        "current_host": HOST,
        "hosts": [HOST],
        "network_interface_name": "lo",
        "current_instance_type": instances.get("InstanceType", "local"),
        "current_group_name": "homogeneousCluster",
        "instance_groups": [
            {
                "instance_group_name": "homogeneousCluster",
                "instance_type": instances.get("InstanceType", "local"),
                "hosts": [HOST],
            }
        ],
    }
    channels = {
        channel["ChannelName"]: _channel(channel) for channel in job.body.get("InputDataConfig", [])
    }
    files: dict[str, Any] = {
        "hyperparameters.json": {
            **job.map_paths(job.body["HyperParameters"]),
            **_job_hyperparameters(job),
        },
        "resourceconfig.json": resources,
        "inputdataconfig.json": channels,
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    for output_folder in ("model", "output/data", "code"):
        (job.folder / output_folder).mkdir(parents=True, exist_ok=True)


def _channel(channel: dict[str, Any]) -> dict[str, str]:
    return {
        "TrainingInputMode": channel.get("InputMode", "File"),
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
        "ContentType": channel.get("ContentType", ""),
    }


def _job_hyperparameters(job: Job) -> dict[str, str]:
    return {"sagemaker_job_name": job.name}


def _job_variables(job: Job) -> dict[str, str]:
    return {
        "SAGEMAKER_BASE_DIR": str(job.folder),
        "TRAINING_JOB_NAME": job.name,
        "TRAINING_JOB_ARN": job.arn,
    }


def _upload(store: StoreProtocol, job: Job) -> None:
    output = job.body["OutputDataConfig"]
    prefix = f"{output['S3OutputPath'].rstrip('/')}/{job.name}/output"
    key = output.get("KmsKeyId")
    store.put(f"{prefix}/model.tar.gz", pack(job.folder / "model"), kms_key=key)
    job.artifact = f"{prefix}/model.tar.gz"
    extra = job.folder / "output" / "data"
    if any(extra.rglob("*")):
        store.put(f"{prefix}/output.tar.gz", pack(extra), kms_key=key)
