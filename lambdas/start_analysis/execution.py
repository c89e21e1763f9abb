"""Starts executions of the analysis state machine: one for each window and revision."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from driftloop.contract.payloads import AnalysisInput
from driftloop.contract.resource_names import execution_name
from driftloop.window import HOUR, Window
from lambdas.aws.clients import AwsClients

UNENDED = frozenset({"RUNNING", "PENDING_REDRIVE"})
"""Statuses of an execution that has not ended. Source: Step Functions API reference,
DescribeExecution."""
RETRY_DELAYS = (2 * HOUR, 12 * HOUR)
"""From the end of revision 0 to the start of revision 1, and from there to revision 2, if the
window was not planned."""
MAX_REVISIONS = len(RETRY_DELAYS) + 1
"""Revisions of a window that are started automatically."""


@dataclass(frozen=True, slots=True)
class Execution:
    """The execution that analyzes a window; its name is the idempotency key."""

    aws: AwsClients
    model: str
    window: Window
    revision: int

    @property
    def name(self) -> str:
        """Its name in Step Functions."""
        return execution_name(self.model, self.window.label, self.revision)

    def start(self, as_of: datetime) -> bool:
        """Start it; False if there is one with this name and another input, or one that has ended.

        Step Functions accepts the name and input of a running execution again, and starts none. It
        refuses the name of one that ended less than 90 days ago. Source: Step Functions API
        reference, StartExecution.
        """
        given = AnalysisInput(
            model=self.model, window=self.window, revision=self.revision, as_of=as_of
        )
        client = self.aws.client("stepfunctions")
        try:
            client.start_execution(
                stateMachineArn=self._state_machine,
                name=self.name,
                input=msgspec.json.encode(given).decode(),
            )
        except client.exceptions.ExecutionAlreadyExists:
            return False
        return True

    def ended_at(self) -> datetime | None:
        """When it ended; None while it runs. The answer may be that of some seconds ago."""
        prefix = self._state_machine.replace(":stateMachine:", ":execution:")
        found = self.aws.client("stepfunctions").describe_execution(
            executionArn=f"{prefix}:{self.name}"
        )
        ended_at: datetime | None = None if found["status"] in UNENDED else found["stopDate"]
        return ended_at

    @property
    def _state_machine(self) -> str:
        return self.aws.setting("ANALYSIS_STATE_MACHINE_ARN")
