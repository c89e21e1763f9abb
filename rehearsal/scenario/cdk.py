"""The CDK CLI, which deploys the project's own app to the emulator."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from rehearsal.emulator_client import ROOT, EmulatorClient
from rehearsal.ministack.names import ACCOUNT, REGION
from rehearsal.scenario.people import People, Person

CLI = ROOT / "node_modules" / ".bin" / "cdk"
MAX_COMMAND_SECONDS = 300
"""Seconds of real time for one command: a deployment of all stacks takes about ten."""

QUIET_ENVIRONMENT = {
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    "NO_COLOR": "1",
}


class CdkError(RuntimeError):
    """A command of the CDK CLI failed; the message has the end of its output."""


class CdkCli:
    """Runs the CDK CLI; its output goes to ``folder/cdk.log``."""

    def __init__(
        self, emulator: EmulatorClient, people: People, folder: Path, config: Path
    ) -> None:
        self._emulator = emulator
        self._people = people
        self._log = folder / "cdk.log"
        self._output = folder / "cdk.out"
        self._config = config

    def bootstrap(self) -> None:
        """Prepare the account for the CDK, as an administrator does."""
        account = f"aws://{ACCOUNT}/{REGION}"
        self._run(Person.ADMINISTRATOR, "bootstrap", account, *self._app_arguments())

    def synth(self) -> None:
        """Write the templates of the current driftloop.yaml."""
        self._run(Person.DEPLOYER, "synth", "--all", "--quiet", *self._app_arguments())

    def deploy(self, *stacks: str, parameters: Mapping[str, str] | None = None) -> None:
        """Deploy the newest templates, of all stacks unless some are named; raises CdkError."""
        selection = ["--exclusively", *stacks] if stacks else ["--all"]
        values = [f"--parameters={name}={value}" for name, value in (parameters or {}).items()]
        app = ["--app", str(self._output)]
        options = ("--require-approval=never", *app)
        self._run(Person.DEPLOYER, "deploy", *selection, *values, *options)

    def destroy(self, stack: str) -> None:
        """Delete one stack; raises CdkError."""
        options = ("--exclusively", "--force", "--app", str(self._output))
        self._run(Person.DEPLOYER, "destroy", stack, *options)

    def stacks(self) -> list[str]:
        """Return the names of the stacks in the newest templates."""
        manifest = json.loads((self._output / "manifest.json").read_text())
        artifacts = manifest["artifacts"].items()
        return [name for name, item in artifacts if item["type"] == "aws:cloudformation:stack"]

    def _app_arguments(self) -> list[str]:
        context = {"driftloop:config": str(self._config), "driftloop:target": "host"}
        pairs = [f"--context={name}={value}" for name, value in context.items()]
        return [*pairs, "--output", str(self._output)]

    def _run(self, person: Person, *arguments: str) -> None:
        command = [str(CLI), *arguments, "--no-notices", "--ci", "--progress=events"]
        credentials = self._people.credentials(person)
        environment = {**self._emulator.environment(), **credentials, **QUIET_ENVIRONMENT}
        with self._log.open("ab+") as log:
            log.write(f"\n$ cdk {' '.join(arguments)}\n".encode())
            log.flush()
            result = subprocess.run(
                command,
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=MAX_COMMAND_SECONDS,
                check=False,
            )
        if result.returncode:
            log_end = "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])
            raise CdkError(f"cdk {arguments[0]} failed ({self._log}):\n{log_end}")


def is_installed() -> bool:
    """Return whether the CDK CLI is installed in node_modules."""
    return os.access(CLI, os.X_OK)
