"""A pipeline execution ended: its outcome is recorded and the lease is released."""

from driftloop.contract.aws_events import PipelineExecutionStatusChange
from driftloop.contract.events import Event
from driftloop.retraining.gate import RetrainingRequest
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import ModelIndex
from lambdas.gate.lease import TERMINAL_STATUSES, record_execution_outcome
from lambdas.gate.triggers.trigger import event_trigger


def _model(detail: PipelineExecutionStatusChange, models: ModelIndex) -> str | None:
    return models.find_by_resource(detail.pipeline_arn.rpartition("/")[2])


def _request(
    event: Event[PipelineExecutionStatusChange], context: ModelContext
) -> RetrainingRequest | None:
    status = event.detail.current_pipeline_execution_status
    if status in TERMINAL_STATUSES:
        record_execution_outcome(context, event.detail.pipeline_execution_arn, status)
    return None


TRIGGER = event_trigger(PipelineExecutionStatusChange, _model, _request, is_terminal=True)
