"""A whole process: CPU seconds of user and system, and the most memory it held."""

import os
import statistics
import subprocess
from collections.abc import Sequence
from typing import NamedTuple


class Cost(NamedTuple):
    """CPU seconds and peak resident MiB."""

    cpu: float
    memory: float


def warm_up(command: Sequence[str]) -> None:
    """Run a command once, uncounted: what it imports is compiled, and its files are cached."""
    run_once(command)


def run_once(command: Sequence[str]) -> Cost:
    """Run a command to its end; raises CalledProcessError, with what it said, where it fails."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=_environment()
    ) as process:
        said = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output=said)
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(
        statistics.median(cost.cpu for cost in costs),
        statistics.median(cost.memory for cost in costs),
    )


def _environment() -> dict[str, str]:
    """Ours, but compiled modules are kept, as they are wherever a program is installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
