"""Starts the emulator in a process of its own, and calls its control API."""

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
from functools import cached_property
from pathlib import Path
from typing import Any

from rehearsal.control_api import PREFIX
from rehearsal.ministack.names import ACCOUNT, REGION
from rehearsal.tls import TlsFiles, create_certificates

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""

HOST = "127.0.0.1"

MAX_STARTUP_SECONDS = 60.0
"""Seconds of real time until the process responds: it imports MiniStack on a busy machine."""

MAX_REQUEST_SECONDS = 600.0
"""Seconds of real time for one request: advancing the clock waits for all work on the way."""


class EmulatorError(RuntimeError):
    """The emulator did not start, or a request to its control API failed."""


class EmulatorClient:
    """Calls the control API of a running emulator.

    ``url`` is the address that everything uses. ``insecure_url`` is the same service without TLS:
    for a request that the policies of buckets, topics and queues must deny.
    """

    def __init__(self, port: int, insecure_port: int, tls: TlsFiles) -> None:
        self.url = f"https://{HOST}:{port}"
        self.insecure_url = f"http://{HOST}:{insecure_port}"
        self.ca_bundle = str(tls.authority)
        self._tls = tls

    def environment(self) -> dict[str, str]:
        """Return this process's environment with the emulator's AWS settings instead of its own."""
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        return inherited | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            **self._tls.client_environment(),
            "no_proxy": "127.0.0.1,localhost",
            "NO_PROXY": "127.0.0.1,localhost",
        }

    @cached_property
    def _opener(self) -> urllib.request.OpenerDirector:
        """The emulator is on loopback, which a configured proxy can't reach."""
        return urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=self._tls.client_context()),
        )

    def now(self) -> datetime:
        """Return the simulated time."""
        return datetime.fromisoformat(self._call("now"))

    def advance_to(self, time: datetime) -> None:
        """Advance the simulated clock; returns when the work that was due has ended."""
        self._call("advance_to", time=time.isoformat())

    def wait_until_idle(self, *, pipelines: bool = False, timeout: float = 180.0) -> None:
        """Wait until no work runs; ``timeout`` is in seconds of real time."""
        self._call("wait_until_idle", pipelines=pipelines, timeout=timeout)

    def events(self, since: int = 0) -> list[dict[str, Any]]:
        """Return the events of the default bus from number ``since`` on."""
        events: list[dict[str, Any]] = self._call("events", since=since)
        return events

    def alarm_states(self) -> dict[str, str]:
        """Return the alarm states by alarm name."""
        states: dict[str, str] = self._call("alarm_states")
        return states

    def authorizations(self) -> dict[str, Any]:
        """Return the counts of authorization requests, and the denials that nobody expects."""
        summary: dict[str, Any] = self._call("authorizations")
        return summary

    def authorization_requests(self) -> list[dict[str, Any]]:
        """Return every authorization request once, with its decision."""
        requests: list[dict[str, Any]] = self._call("authorization_requests")
        return requests

    def expect_denial(self, principal: str, action: str) -> None:
        """Count denials of an action as played on purpose; ``principal`` may have wildcards."""
        self._call("expect_denial", principal=principal, action=action)

    def sagemaker_calls(self, *apis: str) -> list[dict[str, Any]]:
        """Return the calls of SageMaker's control plane so far; of ``apis`` if any are given."""
        calls: list[dict[str, Any]] = self._call("sagemaker_calls", apis=apis)
        return calls

    def set_endpoint_quota(self, instance_type: str, limit: int | None) -> None:
        """Set the account's quota of instances of a type for endpoints; None is no limit."""
        self._call("set_endpoint_quota", instance_type=instance_type, limit=limit)

    def mails(self, since: int = 0) -> list[dict[str, str]]:
        """Return the mails, ``{"subject", "body"}``, from number ``since`` on."""
        mails: list[dict[str, str]] = self._call("mails", since=since)
        return mails

    def _call(self, operation: str, **body: Any) -> Any:
        request = urllib.request.Request(  # noqa: S310 - loopback, our own server
            self.url + PREFIX + operation, data=json.dumps(body).encode(), method="POST"
        )
        try:
            with self._opener.open(request, timeout=MAX_REQUEST_SECONDS) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise EmulatorError(f"{operation}: {error.read().decode()}") from error


@contextmanager
def start_emulator(*, folder: Path, start: datetime) -> Iterator[EmulatorClient]:
    """Run an emulator on free loopback ports; its log is ``folder/server.log``."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / "tmp"
    scratch.mkdir(exist_ok=True)
    port, insecure_port = _find_free_ports(2)
    tls = create_certificates(folder / "tls", host=HOST)
    emulator = EmulatorClient(port, insecure_port, tls)
    log = folder / "server.log"
    ports = ["--port", str(port), "--insecure-port", str(insecure_port)]
    arguments = [*ports, "--folder", str(folder), "--start", start.isoformat()]
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "rehearsal.server", *arguments],
            stdin=subprocess.PIPE,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env={**emulator.environment(), **tls.server_environment(), "TMPDIR": str(scratch)},
            cwd=ROOT,
        )
    try:
        _wait_until_started(emulator, process, log)
        yield emulator
    finally:
        _stop(process)


def _wait_until_started(
    emulator: EmulatorClient, process: "subprocess.Popen[bytes]", log: Path
) -> None:
    deadline = time.monotonic() + MAX_STARTUP_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            emulator.now()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    log_end = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
    raise EmulatorError(f"the emulator did not start; the last lines of {log}:\n{log_end}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Close the server's standard input, at which it ends; kill it after 20 seconds."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _find_free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
