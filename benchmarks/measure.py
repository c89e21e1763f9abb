"""Measures a whole process: CPU seconds of user and system, and peak memory."""

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
    """Run a command once without counting it: its modules are compiled, its files are cached."""
    run_once(command)


def run_once(command: Sequence[str]) -> Cost:
    """Run a command to its end; raises CalledProcessError, with its output, if it fails."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=_environment()
    ) as process:
        printed = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output=printed)
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(
        statistics.median(cost.cpu for cost in costs),
        statistics.median(cost.memory for cost in costs),
    )


def _environment() -> dict[str, str]:
    """This process's environment, but with compiled modules written, as in an installation."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
