"""A run of the pipeline has ended: its outcome is written down and the lease given back."""

from driftloop.policy.gate import Ask
from lambdas.aws.fleet import Models
from lambdas.gate.lease import ENDED, close_run
from lambdas.gate.room import Room
from lambdas.gate.triggers.trigger import Event, Trigger, event_time


def _model(event: Event, models: Models) -> str | None:
    return models.of_resource(event["detail"]["pipelineArn"].rpartition("/")[2])


def _ask(event: Event, room: Room) -> Ask | None:
    detail = event["detail"]
    status = detail["currentPipelineExecutionStatus"]
    if status in ENDED:
        close_run(room, detail["pipelineExecutionArn"], status, event_time(event))
    return None


TRIGGER = Trigger(
    "SageMaker Model Building Pipeline Execution Status Change", _model, _ask, settles=True
)
