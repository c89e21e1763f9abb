"""A run of the pipeline has ended: its outcome is written down and the lease given back."""

from driftloop.retraining.gate import RetrainingRequest
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import ModelIndex
from lambdas.gate.lease import ENDED, record_execution_outcome
from lambdas.gate.triggers.trigger import Event, Trigger


def _model(event: Event, models: ModelIndex) -> str | None:
    return models.find_by_resource(event["detail"]["pipelineArn"].rpartition("/")[2])


def _ask(event: Event, context: ModelContext) -> RetrainingRequest | None:
    detail = event["detail"]
    status = detail["currentPipelineExecutionStatus"]
    if status in ENDED:
        record_execution_outcome(context, detail["pipelineExecutionArn"], status)
    return None


TRIGGER = Trigger(
    "SageMaker Model Building Pipeline Execution Status Change", _model, _ask, is_terminal=True
)
