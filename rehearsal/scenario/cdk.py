"""The real CDK CLI, deploying the project's own app to the embedded AWS."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from rehearsal.emulator_client import ROOT, EmulatorClient
from rehearsal.ministack.names import ACCOUNT, REGION

CLI = ROOT / "node_modules" / ".bin" / "cdk"
TIMEOUT_SECONDS = 300
QUIET = {
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    "NO_COLOR": "1",
}


class CdkError(RuntimeError):
    """The CDK CLI failed; the message holds the end of what it said."""


class Cdk:
    """Runs the CLI; everything that it says goes to ``folder/cdk.log``."""

    def __init__(self, world: EmulatorClient, folder: Path, config: Path) -> None:
        self._world = world
        self._log = folder / "cdk.log"
        self._output = folder / "cdk.out"
        self._config = config

    def bootstrap(self) -> None:
        """Prepare the account, as a new user has to."""
        self._run("bootstrap", f"aws://{ACCOUNT}/{REGION}", *self._app())

    def synth(self) -> None:
        """Write the templates from the current driftloop.yaml."""
        self._run("synth", "--all", "--quiet", *self._app())

    def deploy(self, *stacks: str, parameters: Mapping[str, str] | None = None) -> None:
        """Deploy the templates that were synthesised last; raises CdkError."""
        chosen = ["--exclusively", *stacks] if stacks else ["--all"]
        given = [f"--parameters={name}={value}" for name, value in (parameters or {}).items()]
        app = ["--app", str(self._output)]
        self._run("deploy", *chosen, *given, "--require-approval=never", *app)

    def stacks(self) -> list[str]:
        """Names of the stacks, as synthesised."""
        manifest = json.loads((self._output / "manifest.json").read_text())
        artifacts = manifest["artifacts"].items()
        return [name for name, item in artifacts if item["type"] == "aws:cloudformation:stack"]

    def _app(self) -> list[str]:
        context = {"driftloop:config": str(self._config), "driftloop:target": "host"}
        pairs = [f"--context={name}={value}" for name, value in context.items()]
        return [*pairs, "--output", str(self._output)]

    def _run(self, *arguments: str) -> None:
        command = [str(CLI), *arguments, "--no-notices", "--ci", "--progress=events"]
        environment = {**self._world.environment(), **QUIET}
        environment.pop("AWS_CA_BUNDLE", None)
        with self._log.open("ab+") as log:
            log.write(f"\n$ cdk {' '.join(arguments)}\n".encode())
            log.flush()
            result = subprocess.run(
                command,
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        if result.returncode:
            tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])
            raise CdkError(f"cdk {arguments[0]} failed ({self._log}):\n{tail}")


def is_installed() -> bool:
    """Whether ``npm ci`` has been run."""
    return os.access(CLI, os.X_OK)
