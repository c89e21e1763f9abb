"""Trains and serves one family as SageMaker does, in namespaces that this process has for itself.

    unshare … python run_image.py FOLDER

The folder holds ``job.json`` and the files that it names. The results are in ``results.json``:
the training job's exit code, the responses by the name of the request, and what the Evaluate step
reads from the model in the same Python environment. Each job starts with an empty ``/opt/ml`` and
without a network: loopback is the only interface.
"""

import fcntl
import http.client
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ML = Path("/opt/ml")
REGION = "us-east-1"
PORT = 8080
START_SECONDS = 180
REQUEST_SECONDS = 60
SET_INTERFACE_FLAGS, FLAG_UP = 0x8914, 0x1


class Image:
    """The image: its Python and its environment variables."""

    def __init__(self, folder: Path, python: Path, modules: Path, family: str) -> None:
        self.folder, self.python, self.modules, self.family = folder, python, modules, family

    def start_container(self) -> None:
        """An empty /opt/ml, and nothing installed by an earlier container."""
        subprocess.run(["umount", str(ML)], capture_output=True, check=False)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(ML)], check=True)
        uninstall = [str(self.python), "-m", "pip", "uninstall", "--yes", "train", "inference"]
        subprocess.run(uninstall, env=self.variables({}), capture_output=True, check=False)

    def variables(self, more: dict[str, str]) -> dict[str, str]:
        """The variables of the images' Dockerfiles, and those of the job.

        But PYTHONDONTWRITEBYTECODE: pip left byte code of the packages in the images. uv leaves
        none here, so that each process would compile what it imports.
        """
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        return {
            "PATH": f"{self.python.parent}:/usr/bin:/bin",
            "HOME": str(scratch),
            "TEMP": str(scratch),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "PYTHONIOENCODING": "utf-8",
            "PYTHONPATH": str(self.modules),
            "PIP_CONFIG_FILE": os.devnull,  # this machine's settings are no part of the image
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "SM_INPUT": "/opt/ml/input",
            "SM_INPUT_TRAINING_CONFIG_FILE": "/opt/ml/input/config/hyperparameters.json",
            "SM_INPUT_DATA_CONFIG_FILE": "/opt/ml/input/config/inputdataconfig.json",
            "SM_CHECKPOINT_CONFIG_FILE": "/opt/ml/input/config/checkpointconfig.json",
            "SM_MODEL_DIR": "/opt/ml/model",
            "SAGEMAKER_TRAINING_MODULE": f"sagemaker_image:train_{self.family}",
            "SAGEMAKER_SERVING_MODULE": "sagemaker_image:application",
            "SAGEMAKER_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            # nginx, in front of gunicorn in the image, changes neither status nor content type
            "SAGEMAKER_USE_NGINX": "false",
            **more,
        }

    def start(self, command: list[str], log: str, more: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start a program of the image in a process group of its own."""
        with (self.folder / log).open("wb") as file:
            return subprocess.Popen(
                [str(self.python), *command],
                cwd="/",
                env=self.variables(more),
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def train(image: Image, job: dict[str, Any]) -> int:
    """Run the training job; its model becomes ``model.tar.gz`` in the folder of the job."""
    image.start_container()
    config = ML / "input" / "config"
    for folder in (config, ML / "model", ML / "code", ML / "output" / "data"):
        folder.mkdir(parents=True)
    for name in job["channels"]:
        shutil.copytree(image.folder / "channels" / name, ML / "input" / "data" / name)
    group = {"instance_group_name": "all", "instance_type": "ml.m5.large", "hosts": ["localhost"]}
    files = {
        "hyperparameters": job["hyperparameters"],
        "inputdataconfig": {
            name: {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated"}
            for name in job["channels"]
        },
        "resourceconfig": {
            "current_host": "localhost",  # algo-1 would make the toolkit look for a name server
            "hosts": ["localhost"],
            "network_interface_name": "lo",
            "current_instance_type": "ml.m5.large",
            "current_group_name": "all",
            "instance_groups": [group],
        },
    }
    for name, content in files.items():
        (config / f"{name}.json").write_text(json.dumps(content))
    program = "from sagemaker_containers.cli.train import main; main()"
    code = image.start(["-c", program], "train.log", job["training_environment"]).wait()
    with tarfile.open(image.folder / "model.tar.gz", "w:gz") as archive:
        archive.add(ML / "model", ".")
    return code


@contextmanager
def served(image: Image, environment: dict[str, str]) -> Iterator[bool]:
    """The container with the model; whether it answers /ping in time."""
    image.start_container()
    with tarfile.open(image.folder / "model.tar.gz") as archive:
        archive.extractall(ML / "model", filter="data")
    program = "import sagemaker_image; sagemaker_image.start_server()"
    server = image.start(["-c", program], "serve.log", environment)
    try:
        yield wait_for_ping(server)
    finally:
        try:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(20)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            server.kill()
        server.wait()


def wait_for_ping(server: subprocess.Popen[bytes]) -> bool:
    """Whether /ping is answered with 200 before the server ends or the time is over."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if send("GET", "/ping", None, {})["status"] == 200:
                return True
        except OSError:
            time.sleep(0.3)
    return False


def send(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> dict[str, Any]:
    """Status, content type and text of one response."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=REQUEST_SECONDS)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    text = response.read().decode("utf-8", "replace")
    return {
        "status": response.status,
        "content_type": response.getheader("Content-Type"),
        "text": text,
    }


def invoke(request: dict[str, Any]) -> dict[str, Any]:
    """The response to one request of the job; the body is hexadecimal."""
    headers = {"Content-Type": request["content_type"]}
    if request["accept"] is not None:
        headers["Accept"] = request["accept"]
    return send("POST", "/invocations", bytes.fromhex(request["body"]), headers)


def evaluate(image: Image, predict: str) -> list[dict[str, Any]]:
    """What the Evaluate step reads from the model for the rows of the job."""
    image.start_container()
    files = {name: image.folder / name for name in ("model.tar.gz", "rows.csv", "read.jsonl")}
    options = [
        f"--archive={files['model.tar.gz']}",
        f"--rows={files['rows.csv']}",
        f"--responses={files['read.jsonl']}",
    ]
    if image.start(["-I", predict, *options], "evaluate.log", {}).wait() != 0:
        return []
    return [json.loads(line) for line in files["read.jsonl"].read_text().splitlines()]


def bring_up_loopback() -> None:
    """Bring up loopback, the only interface of a new network namespace."""
    interfaces = [name for _, name in socket.if_nameindex()]
    if interfaces != ["lo"]:
        raise SystemExit(f"this process has a network: {', '.join(interfaces)}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", FLAG_UP)
        fcntl.ioctl(any_socket, SET_INTERFACE_FLAGS, request)


def main() -> None:
    """Run the job of the folder in the first argument."""
    folder = Path(sys.argv[1])
    job = json.loads((folder / "job.json").read_text())
    image = Image(folder, Path(job["python"]), Path(job["modules"]), job["family"])
    bring_up_loopback()
    results: dict[str, Any] = {"training_exit_code": train(image, job)}
    if results["training_exit_code"] == 0:
        with served(image, job["serving_environment"]) as is_up:
            results["is_in_service"] = is_up
            requests = job["requests"].items() if is_up else ()
            results["responses"] = {name: invoke(request) for name, request in requests}
        results["evaluated"] = evaluate(image, job["predict"])
    (folder / "results.json").write_text(json.dumps(results))


if __name__ == "__main__":
    main()
