"""The process that holds a model, in place of an inference container, seen from outside."""

import contextlib
import os
import select
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from rehearsal.sagemaker.archive import unpack
from rehearsal.sagemaker.context import SageMakerContext
from rehearsal.sagemaker.endpoints import worker
from rehearsal.sagemaker.endpoints.models_and_configs import Container
from rehearsal.sagemaker.execution_role import ExecutionRole
from rehearsal.sagemaker.process_environment import (
    child_environment,
    log_tail,
    recreate_folder,
)

MAX_LOAD_SECONDS = 180.0
"""Seconds of real time until a model that still loads is an error."""

MAX_RESPONSE_SECONDS = 60.0
"""Seconds of real time for one request: the limit of real-time endpoints."""

CONTAINER_FOLDER = "/opt/ml"
"""The folder of a container's files; each process has its own in its place."""


_TOOLKIT = {"SETUPTOOLS_USE_DISTUTILS": "stdlib"} if sys.version_info < (3, 12) else {}
"""The toolkit imports distutils. Python's own, where it still exists, takes less time than the one
in setuptools: a model starts in three quarters of the time."""


class ModelLoadError(Exception):
    """The model did not load; the message has the reason and the end of the log."""


@dataclass(frozen=True, slots=True)
class ModelResponse:
    """The response of a model, and the processor time that it took."""

    status: int
    content_type: str | None
    body: bytes
    seconds: float


class ModelServer:
    """One process with one model. :meth:`load` blocks; :meth:`predict` takes turns."""

    def __init__(
        self,
        context: SageMakerContext,
        container: Container,
        role: ExecutionRole,
        name: str,
        *,
        log_group: str,
    ) -> None:
        self._container = container
        self._role = role
        self._log_group = log_group
        self._folder = context.folder / "models" / name
        self.log = context.folder / "endpoints" / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()
        self._loading = threading.Lock()
        self._closed = False

    def load(self) -> None:
        """Download the artifact, start the process, wait for the model; raises ModelLoadError."""
        try:
            self._role.pull_image(self._container.image)
            self._role.write_logs(self._log_group, creates_group=False)
            data = self._role.store.get(self._container.model_data_url)
            unpack(data, recreate_folder(self._folder) / "model")
        except Exception as error:  # without its artifact no model can load
            raise ModelLoadError(f"Failed to download model data: {error}") from error
        with self._loading:
            result = self._wait_for_model()
        if not result.get("loaded"):
            raise ModelLoadError(
                "The primary container for production variant did not pass the ping health check. "
                f"{result['error']} (log: {self.log})"
            )

    def _wait_for_model(self) -> dict[str, Any]:
        with self._turn:
            if self._closed:
                return {"error": "It was deleted while it was loading."}
            process = self._process = self._start()
        try:
            return _receive(process, MAX_LOAD_SECONDS)[0]
        except TimeoutError:
            process.kill()
            return {"error": f"It took longer than {MAX_LOAD_SECONDS:.0f} seconds."}
        except EOFError:
            return {"error": log_tail(self.log)}

    def predict(self, body: bytes, content_type: str, accept: str) -> ModelResponse:
        """Predict for one request. A process that ended or is too slow gives status 500 or 504."""
        with self._turn:
            process = self._process
            if process is None or process.stdin is None or process.poll() is not None:
                return ModelResponse(500, None, b"the model's process has ended", 0.0)
            header = {"content_type": content_type, "accept": accept}
            try:
                worker.write_frame(process.stdin, header, body)
                reply, payload = _receive(process, MAX_RESPONSE_SECONDS)
            except (BrokenPipeError, EOFError):
                return ModelResponse(500, None, b"the model's process has ended", 0.0)
            except TimeoutError:
                process.kill()
                return ModelResponse(
                    504, None, b"the model took longer than 60 seconds", MAX_RESPONSE_SECONDS
                )
        return ModelResponse(reply["status"], reply["content_type"], payload, reply["seconds"])

    def close(self) -> None:
        """Close the process's standard input, at which it ends."""
        with self._turn:
            self._closed = True
            process = self._process
        if process is None:
            return
        _end(process)
        with self._loading:  # load() reads from the pipe until the process ends
            if process.stdout is not None:
                process.stdout.close()

    def _start(self) -> subprocess.Popen[bytes]:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        folder = str(self._folder)
        environment = {
            name: value.replace(CONTAINER_FOLDER, folder)
            for name, value in self._container.environment.items()
        }
        environment |= {"SAGEMAKER_BASE_DIR": folder, "SM_MODEL_DIR": f"{folder}/model"}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                # -P: the folder of the program is not on the path of the model's code
                [sys.executable, "-P", str(Path(worker.__file__))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self._folder,
                env=child_environment(_TOOLKIT, self._role.environment, environment),
            )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for the worker's end, which follows the end of its requests; kill it after 5 seconds."""
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _receive(process: subprocess.Popen[bytes], seconds: float) -> tuple[dict[str, Any], bytes]:
    if process.stdout is None:
        raise EOFError
    frame = worker.read_frame(_PipeReader(process.stdout, time.monotonic() + seconds))
    if frame is None:
        raise EOFError
    return frame


class _PipeReader:
    """Reads a given number of bytes from a pipe until a deadline of the monotonic clock."""

    def __init__(self, pipe: IO[bytes], deadline: float) -> None:
        self._descriptor = pipe.fileno()
        self._deadline = deadline

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size > 0:
            remaining = self._deadline - time.monotonic()
            if remaining <= 0 or not select.select([self._descriptor], [], [], remaining)[0]:
                raise TimeoutError
            part = os.read(self._descriptor, size)
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)
