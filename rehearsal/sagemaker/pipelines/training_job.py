"""A training job in script mode, by the same toolkit that SageMaker's images run.

The toolkit takes its folder from ``SAGEMAKER_BASE_DIR``; it fetches the code that the
hyperparameters name, and runs it with the channels, the hyperparameters and the model folder set as
in a container.
"""

import json
import sys
from typing import Any

from rehearsal.sagemaker.archive import download, pack
from rehearsal.sagemaker.pipelines.jobs import Job, JobFailedError, Jobs, Stopper
from rehearsal.sagemaker.pipelines.process_environment import tail
from rehearsal.sagemaker.protocols import Store

# "algo-1", the name in a real container, would make the toolkit wait for a name server.
HOST = "localhost"
TOOLKIT = "sagemaker_training.cli.train"


def train(jobs: Jobs, store: Store, stopper: Stopper, job: Job) -> None:
    """Run the job and upload what it made; raises JobFailedError, StoppedError."""
    if "sagemaker_program" not in job.body.get("HyperParameters", {}):
        raise JobFailedError(
            "ClientError: only script mode runs here: the hyperparameters name no sagemaker_program"
        )
    _fetch_channels(store, job)
    _write_config(job)
    code = stopper.run(
        [sys.executable, "-m", TOOLKIT],
        environment=jobs.environment(job.mapped(job.body.get("Environment", {})), _identity(job)),
        folder=job.folder,
        log=job.log,
    )
    if code != 0:
        raise JobFailedError(
            f"AlgorithmError: ExecuteUserScriptError: exit code: {code}. {tail(job.log)} "
            f"(log: {job.log})"
        )
    _upload(store, job)


def _fetch_channels(store: Store, job: Job) -> None:
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
        "hyperparameters.json": {**job.mapped(job.body["HyperParameters"]), **_own(job)},
        "resourceconfig.json": resources,
        "inputdataconfig.json": channels,
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    for made in ("model", "output/data", "code"):
        (job.folder / made).mkdir(parents=True, exist_ok=True)


def _channel(channel: dict[str, Any]) -> dict[str, str]:
    return {
        "TrainingInputMode": channel.get("InputMode", "File"),
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
        "ContentType": channel.get("ContentType", ""),
    }


def _own(job: Job) -> dict[str, str]:
    return {"sagemaker_job_name": job.name}


def _identity(job: Job) -> dict[str, str]:
    return {
        "SAGEMAKER_BASE_DIR": str(job.folder),
        "TRAINING_JOB_NAME": job.name,
        "TRAINING_JOB_ARN": job.arn,
    }


def _upload(store: Store, job: Job) -> None:
    output = job.body["OutputDataConfig"]
    prefix = f"{output['S3OutputPath'].rstrip('/')}/{job.name}/output"
    key = output.get("KmsKeyId")
    store.put(f"{prefix}/model.tar.gz", pack(job.folder / "model"), kms_key=key)
    job.artifact = f"{prefix}/model.tar.gz"
    extra = job.folder / "output" / "data"
    if any(extra.rglob("*")):
        store.put(f"{prefix}/output.tar.gz", pack(extra), kms_key=key)
