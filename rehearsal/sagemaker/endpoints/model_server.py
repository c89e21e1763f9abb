"""The outside of an inference container: starts the process that holds a model, and asks it."""

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
from rehearsal.sagemaker.context import Context
from rehearsal.sagemaker.endpoints import worker
from rehearsal.sagemaker.endpoints.models_and_configs import Container
from rehearsal.sagemaker.pipelines.process_environment import (
    fresh_folder,
    process_environment,
    tail,
)

LOAD_SECONDS = 180.0
ANSWER_SECONDS = 60.0  # a real-time endpoint's limit
CONTAINER_MODEL = "/opt/ml/model"
DEFAULT_ACCEPT = "application/json"


class LoadError(Exception):
    """The model did not come up; the message says why, with the end of its log."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the container answered, and the processor time that it took."""

    status: int
    content_type: str | None
    body: bytes
    seconds: float


class ModelServer:
    """One process that holds one model. :meth:`load` blocks; :meth:`predict` takes turns."""

    def __init__(self, context: Context, container: Container, name: str) -> None:
        self._context = context
        self._container = container
        self._folder = context.folder / "models" / name
        self.log = context.folder / "endpoints" / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()
        self._loading = threading.Lock()
        self._closed = False

    def load(self) -> None:
        """Fetch the artifact, start the process, wait for the model; raises LoadError."""
        try:
            data = self._context.store.get(self._container.model_data)
            unpack(data, fresh_folder(self._folder))
        except Exception as error:  # whatever keeps the artifact away, the model can't come up
            raise LoadError(f"Failed to download model data: {error}") from error
        with self._loading:
            loaded = self._wait_for_model()
        if not loaded.get("loaded"):
            raise LoadError(
                "The primary container for production variant did not pass the ping health check. "
                f"{loaded['error']} (log: {self.log})"
            )

    def _wait_for_model(self) -> dict[str, Any]:
        with self._turn:
            if self._closed:
                return {"error": "It was deleted while it was loading."}
            process = self._process = self._start()
        try:
            return _receive(process, LOAD_SECONDS)[0]
        except TimeoutError:
            process.kill()
            return {"error": f"It took longer than {LOAD_SECONDS:.0f} seconds."}
        except EOFError:
            return {"error": tail(self.log)}

    def predict(self, body: bytes, content_type: str, accept: str) -> Reply:
        """One request. A process that died, or is too slow, answers with status 500 or 504."""
        with self._turn:
            process = self._process
            if process is None or process.stdin is None or process.poll() is not None:
                return Reply(500, None, b"the model's process has ended", 0.0)
            header = {"content_type": content_type, "accept": _accept(accept, self._container)}
            try:
                worker.write_frame(process.stdin, header, body)
                reply, payload = _receive(process, ANSWER_SECONDS)
            except (BrokenPipeError, EOFError):
                return Reply(500, None, b"the model's process has ended", 0.0)
            except TimeoutError:
                process.kill()
                return Reply(504, None, b"the model took longer than 60 seconds", ANSWER_SECONDS)
        return Reply(reply["status"], reply["content_type"], payload, reply["seconds"])

    def close(self) -> None:
        """End the process: the end of its requests is what it stops at."""
        with self._turn:
            self._closed = True
            process = self._process
        if process is None:
            return
        _end(process)
        with self._loading:  # whoever waits for the model reads to the end before the pipe goes
            if process.stdout is not None:
                process.stdout.close()

    def _start(self) -> subprocess.Popen[bytes]:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        code = self._folder / "code"
        own = {
            "SAGEMAKER_PROGRAM": "inference.py",
            **self._container.environment,
            "SAGEMAKER_SUBMIT_DIRECTORY": str(code),
            "SM_MODEL_DIR": str(self._folder),
        }
        own = {
            name: value.replace(CONTAINER_MODEL, str(self._folder)) for name, value in own.items()
        }
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, str(Path(worker.__file__)), str(self._folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self._folder,
                env=process_environment(self._context.environment, own),
            )


def _end(process: subprocess.Popen[bytes]) -> None:
    """A worker stops where its requests end; one that doesn't is killed."""
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
    frame = worker.read_frame(_Reader(process.stdout, time.monotonic() + seconds))
    if frame is None:
        raise EOFError
    return frame


class _Reader:
    """Reads exactly what is asked for from a pipe, up to a deadline of the monotonic clock."""

    def __init__(self, pipe: IO[bytes], deadline: float) -> None:
        self._descriptor = pipe.fileno()
        self._deadline = deadline

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size > 0:
            left = self._deadline - time.monotonic()
            if left <= 0 or not select.select([self._descriptor], [], [], left)[0]:
                raise TimeoutError
            part = os.read(self._descriptor, size)
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _accept(asked: str, container: Container) -> str:
    if asked and asked != "*/*":
        return asked
    return container.environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", DEFAULT_ACCEPT)
