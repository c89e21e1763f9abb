"""The contenders of the comparison, and their commands."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks.comparison.product import command_of_last_day
from benchmarks.contestants import HERE, environment, version
from driftloop.cli.main import ENVIRONMENT

DRIFTLOOP = "driftloop"
TRAINING, RECENT = "training", "recent"


class Contender(NamedTuple):
    """A contender in one setting.

    Attributes:
        name: Its name.
        package: Its package and the name of its lock file; driftloop's own environment where it is
            ``driftloop``.
        setting: What its reference is.
    """

    name: str
    package: str
    setting: str

    @property
    def title(self) -> str:
        """Name and setting."""
        return f"{self.name}, {self.setting}" if self.package != DRIFTLOOP else self.name

    @property
    def file(self) -> str:
        """Name of the file with its decisions."""
        return f"{self.package}-{self.setting}.json"

    def version(self) -> str:
        """Package and version."""
        return version(str(self._python()), self.package)

    def decide(self, folder: Path) -> None:
        """Let it decide on all days of a series; raises CalledProcessError where it fails."""
        command = self.command(folder)
        done = subprocess.run(command, stdout=subprocess.PIPE, env=_environment(), check=True)
        # some print more than the decisions, which are the last line
        (folder / self.file).write_bytes(done.stdout.splitlines()[-1])

    def command(self, folder: Path, *, last_day: bool = False) -> list[str]:
        """The command that decides on all days, or on the last one alone."""
        if self.package == DRIFTLOOP and last_day:
            return [sys.executable, "-m", "driftloop", *command_of_last_day(folder)]
        if self.package == DRIFTLOOP:
            return [sys.executable, "-m", "benchmarks.comparison.product", str(folder)]
        script = HERE / "contenders" / f"{self.package.replace('-', '_')}_days.py"
        command = [str(self._python()), str(script), str(folder), self.setting]
        return [*command, *(["--last"] if last_day else [])]

    def _python(self) -> Path:
        return Path(sys.executable) if self.package == DRIFTLOOP else environment(self.package)


PEERS = (
    ("Evidently", "evidently"),
    ("NannyML", "nannyml"),
    ("Alibi Detect", "alibi-detect"),
    ("scipy", "scipy"),
)
CONTENDERS = (
    Contender("driftloop", DRIFTLOOP, TRAINING),
    *(Contender(name, package, one) for one in (RECENT, TRAINING) for name, package in PEERS),
)


def _environment() -> dict[str, str]:
    # one thread each, as the measured CPU seconds are those of all threads; no usage statistics
    offline = {"NML_DISABLE_USAGE_LOGGING": "1", "DO_NOT_TRACK": "1"}
    return {**os.environ, **ENVIRONMENT, **offline, "OMP_NUM_THREADS": "1"}
