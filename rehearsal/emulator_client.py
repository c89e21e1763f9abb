"""The embedded AWS seen from the driver: start it, ask it, end it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from rehearsal.control_api import PREFIX
from rehearsal.ministack.names import ACCOUNT, REGION

ROOT = Path(__file__).resolve().parent.parent
STARTUP_SECONDS = 60.0
ADVANCE_SECONDS = 600.0


class EmulatorError(RuntimeError):
    """The embedded AWS did not start, or failed at what it was asked."""


class EmulatorClient:
    """A running embedded AWS."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def environment(self) -> dict[str, str]:
        """What AWS clients need to talk to it; nothing of the caller's own AWS settings is left."""
        ours = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        return ours | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "no_proxy": "127.0.0.1,localhost",
            "NO_PROXY": "127.0.0.1,localhost",
        }

    def now(self) -> datetime:
        """The simulated instant."""
        return datetime.fromisoformat(self._ask("now"))

    def advance_to(self, when: datetime) -> None:
        """Move the simulated clock; returns when what fell due has ended."""
        self._ask("advance", to=when.isoformat())

    def wait_until_idle(self, *, pipelines: bool = False, timeout: float = 180.0) -> None:
        """Wait until nothing runs."""
        self._ask("settle", pipelines=pipelines, timeout=timeout)

    def events(self, since: int = 0) -> list[dict[str, Any]]:
        """What passed the bus, from an event's number on."""
        found: list[dict[str, Any]] = self._ask("events", since=since)
        return found

    def alarms(self) -> dict[str, str]:
        """State by alarm name."""
        found: dict[str, str] = self._ask("alarms")
        return found

    def calls(self, *apis: str) -> list[dict[str, Any]]:
        """Calls of SageMaker's control plane so far."""
        found: list[dict[str, Any]] = self._ask("calls", apis=apis)
        return found

    def _ask(self, action: str, **body: Any) -> Any:
        request = urllib.request.Request(  # noqa: S310 - loopback, our own server
            self.url + PREFIX + action, data=json.dumps(body).encode(), method="POST"
        )
        try:
            with _direct().open(request, timeout=ADVANCE_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise EmulatorError(f"{action}: {error.read().decode()}") from error


@contextmanager
def embedded(*, folder: Path, start: datetime) -> Iterator[EmulatorClient]:
    """An embedded AWS on a free port of loopback; its log is ``folder/server.log``."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / "tmp"
    scratch.mkdir(exist_ok=True)
    port = _free_port()
    log = folder / "server.log"
    arguments = ["--port", str(port), "--folder", str(folder), "--start", start.isoformat()]
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "rehearsal.server", *arguments],
            stdin=subprocess.PIPE,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env={**EmulatorClient(port).environment(), "TMPDIR": str(scratch)},
            cwd=ROOT,
        )
    try:
        world = EmulatorClient(port)
        _wait_until_it_answers(world, process, log)
        yield world
    finally:
        _end(process)


def _wait_until_it_answers(
    world: EmulatorClient, process: "subprocess.Popen[bytes]", log: Path
) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            world.now()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
    raise EmulatorError(f"the embedded AWS did not start; the end of {log}:\n{tail}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _direct() -> urllib.request.OpenerDirector:
    """No proxy: the embedded AWS is on loopback."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
