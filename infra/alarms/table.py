"""The alarm table: a new alarm is one row of ``ALARMS`` and one section of docs/runbook.md.

Each row says what happened, why it may have happened and what to do next. These sentences are the
alarm's description, which CloudWatch shows and SNS sends by mail. A row with ``invokes_gate``
invokes the gate when the alarm changes to ALARM: the gate starts a retraining or records a refusal.
A row without ``notifies`` sends nothing to people: what the gate decides reaches them.

Whether drift persists is calculated before, by `detect`: CloudWatch can't count windows in which
the *same* feature drifted.
"""

from collections.abc import Callable
from dataclasses import dataclass

from driftloop.config import Config
from driftloop.contract import cloudwatch_metrics as published
from driftloop.contract.fleet import AlarmEntry, Fleet
from driftloop.contract.resource_names import ResourceNames
from infra.alarms import conditions
from infra.alarms.definition import Alarm, AlarmCondition, AlarmContext, AlarmMetric

DEAD_LETTER_QUEUE = "dead-letter-queue"
"""Kind of the alarm on a dead-letter queue; the queue has the same name as its alarm."""


@dataclass(frozen=True, slots=True)
class AlarmDefinition:
    """A kind of alarm; a model has it unless its settings give no condition."""

    kind: str
    condition: Callable[[AlarmContext], AlarmCondition | None]
    what: str
    why: str
    next_step: str
    invokes_gate: bool = False
    requires_endpoint: bool = False
    notifies: bool = True


ALARMS = (
    AlarmDefinition(
        "drift",
        conditions.persistent_condition(published.PERSISTENT_DRIFT),
        "The requests have drifted from the champion's training data.",
        "The same feature drifted in several recent windows, or a whole day drifted: the change is"
        " statistically significant and at least the minimum effect size.",
        "No action needed. The gate is invoked again after every analysis while the alarm is in"
        " ALARM, and its decision is sent by mail. The last report ranks the drifted features.",
        invokes_gate=True,
    ),
    AlarmDefinition(
        "prediction-drift",
        conditions.persistent_condition(published.PERSISTENT_PREDICTION_DRIFT),
        "The champion's predictions have drifted from its predictions on the training data.",
        "Features that the model is sensitive to have changed, or their source is faulty.",
        "No action needed. The gate is invoked again after every analysis while the alarm is in"
        " ALARM. Check whether the drift or data-quality alarm is in ALARM too.",
        invokes_gate=True,
    ),
    AlarmDefinition(
        "data-quality",
        conditions.data_quality_violated,
        "The requests violate constraints of the baseline.",
        "A column is missing, unexpected, of another type, incomplete, or outside of its value"
        " range or categories.",
        "Read the violations in the last report and fix the data at the source. The gate refuses"
        " to retrain on invalid data.",
        invokes_gate=True,
    ),
    AlarmDefinition(
        "drift-from-training",
        conditions.drift_from_training,
        "The requests of the last weeks are far from the champion's training data.",
        "The season or the world has changed slowly: no day differs from the days before it by"
        " more than usual, or the drift alarm says so.",
        "No action needed. The gate is invoked once a day while the alarm is in ALARM, and decides"
        " under its cooldown and limits. The last day's report shows each column.",
        invokes_gate=True,
        notifies=False,
    ),
    AlarmDefinition(
        "rejected-lines",
        conditions.lines_rejected,
        "Captured lines can't be read.",
        "The format of the payload has changed, or files are damaged.",
        "Read the reasons in the last report (counts.lines_rejected) and the lines under"
        " quarantine/ in the analysis bucket, then fix the client that sends them.",
    ),
    AlarmDefinition(
        "capture-loss",
        conditions.capture_lost,
        "Data capture stored fewer requests than the endpoint received.",
        "Data capture stops without an error when an instance's disk is full or the endpoint's"
        " role lacks a permission.",
        "Check DiskUtilization of the endpoint, and the access of the endpoint's role to the"
        " capture bucket and the KMS key.",
        requires_endpoint=True,
    ),
    AlarmDefinition(
        "analysis-failed",
        conditions.analysis_failed,
        "An analysis failed: its window has no verdict yet.",
        "The last execution of the analysis state machine names the state and the error.",
        "Fix the cause, then redrive the execution. No record is counted twice.",
    ),
    AlarmDefinition(
        "windows-given-up",
        conditions.hourly_condition(published.WINDOWS_GIVEN_UP),
        "Windows without an analysis were given up: they have no verdict.",
        "The schedule was disabled, the function start-analysis or the state machine did not work,"
        " or all executions of a window ended before they had made a plan.",
        "Read the mail that names the windows and the reason, and fix the cause. Their captured"
        " records can be analyzed until they expire.",
    ),
    AlarmDefinition(
        "heartbeat-missing",
        conditions.heartbeat_missing,
        "No analysis was published for three windows: drift is not detected at present.",
        "The schedule, the function start-analysis or the state machine does not run.",
        "Check the schedule, the dead-letter queues and the executions of the state machine.",
        requires_endpoint=True,
    ),
    AlarmDefinition(
        "verdict-missing",
        conditions.verdict_missing,
        "No window has had a verdict for days: drift is not detected at present.",
        "The windows have too few records, there is no traffic, or analyses fail. A mail says"
        " which, with the number of windows and records.",
        "Read the mail. For low traffic use longer windows (monitoring.window_hours); for failures"
        " look at the alarm analysis-failed.",
        requires_endpoint=True,
    ),
    AlarmDefinition(
        "endpoint-5xx",
        conditions.server_errors,
        "The endpoint returns server errors (HTTP 5xx).",
        "The model raises an exception on some requests, or its instances are out of memory.",
        "Read the log group of the endpoint. A release in progress is rolled back automatically.",
        requires_endpoint=True,
    ),
    AlarmDefinition(
        "endpoint-latency-p99",
        conditions.latency_exceeded,
        "The 99th percentile of the endpoint's latency exceeds the threshold.",
        "The model is slow, or there are too few instances for the traffic.",
        "Compare Invocations with CPUUtilization, then increase serving.max_instance_count or"
        " change serving.instance_type.",
        requires_endpoint=True,
    ),
    AlarmDefinition(
        "retraining-failed",
        conditions.retraining_failed,
        "A retraining failed.",
        "A step of the pipeline ended with an error, or SageMaker did not start the execution or"
        " does not know it any more. A rejected challenger is not a failure.",
        "Open the pipeline's execution in SageMaker, fix the cause shown in the failed step's log"
        " or in the mail, then send a `Retraining Requested` event.",
    ),
    AlarmDefinition(
        "retraining-overdue",
        conditions.hourly_condition(published.RETRAINING_OVERDUE),
        "A retraining runs longer than the limits of its steps allow.",
        "A step does not end, or SageMaker did not end the execution.",
        "Open the pipeline's execution in SageMaker. If a step hangs, stop the execution: no other"
        " retraining starts before it has ended.",
    ),
    AlarmDefinition(
        "approval-overdue",
        conditions.approval_overdue,
        "A version waits for a person longer than approval.remind_after_days.",
        "Nobody has approved or rejected it; or it is approved, and there is no endpoint that is"
        " in service.",
        "Read the reminder, which has the commands. Approve or reject the version, or make its"
        " endpoint available. Retrainings of the model may be refused until then.",
    ),
    AlarmDefinition(
        "release-rolled-back",
        conditions.occurrence_condition(published.RELEASE_ROLLED_BACK),
        "A release was rolled back. The champion keeps serving.",
        "The new version's error or latency alarm was in ALARM during the canary, or its instances"
        " did not start.",
        "Read the release's mail and the log group of the endpoint. To retry the version, set its"
        " approval status to Rejected, then to Approved.",
    ),
    AlarmDefinition(
        "autoscaling-failed",
        conditions.autoscaling_failed,
        "The endpoint's autoscaling is not set as configured: its number of instances may stay as"
        " it is.",
        "Application Auto Scaling refused it: a permission of the function release or a quota is"
        " missing, or the settings are not valid.",
        "Read the mail that names the error, and fix its cause. It is tried again each hour.",
        requires_endpoint=True,
    ),
)


def model_alarms(context: AlarmContext) -> tuple[Alarm, ...]:
    """Return one alarm per row of the table that has a condition for the model."""
    return tuple(
        _to_alarm(row, condition, context)
        for row in ALARMS
        if (condition := row.condition(context)) is not None
    )


def model_stack_alarms(context: AlarmContext, *, queue_name: str) -> tuple[Alarm, ...]:
    """Return all alarms of a model's stack: those of the table and of its dead-letter queue.

    ``queue_name`` may be a CDK token.
    """
    name = context.names.alarm(context.model, DEAD_LETTER_QUEUE)
    queue_alarm = _dead_letter_queue_alarm(name, queue_name=queue_name, owner=context.model)
    return (*model_alarms(context), queue_alarm)


def shared_stack_alarms(
    names: ResourceNames, *, queue_name: str, state_machine_arn: str
) -> tuple[Alarm, ...]:
    """Return the alarms on resources that all models share.

    ``queue_name`` and ``state_machine_arn`` may be CDK tokens.
    """
    executions = {
        "analysis-executions-failed": (
            "ExecutionsFailed",
            "An execution of the analysis state machine failed.",
        ),
        "analysis-executions-timed-out": (
            "ExecutionsTimedOut",
            "An execution of the analysis state machine exceeded its time limit and was stopped.",
        ),
    }
    queue_alarm = _dead_letter_queue_alarm(
        f"{names.prefix}-{DEAD_LETTER_QUEUE}", queue_name=queue_name, owner="the shared stack"
    )
    return (
        *(
            _execution_alarm(
                names, kind, metric=metric, what=what, state_machine_arn=state_machine_arn
            )
            for kind, (metric, what) in executions.items()
        ),
        queue_alarm,
    )


def make_fleet(config: Config) -> Fleet:
    """Return the content of fleet.json: the configuration, and the model of each alarm."""
    names = ResourceNames(config.environment)
    entries = {
        alarm.name: AlarmEntry(model=name, kind=alarm.kind, invokes_gate=alarm.invokes_gate)
        for name, settings in config.models.items()
        for alarm in model_alarms(AlarmContext(names, name, settings))
    }
    return Fleet(config=config, alarms=entries)


def describe(*, what: str, why: str, next_step: str) -> str:
    """Return an alarm's description; CloudWatch allows 1,024 characters."""
    return f"What happened: {what} Why: {why} What to do next: {next_step}"


def _to_alarm(row: AlarmDefinition, condition: AlarmCondition, context: AlarmContext) -> Alarm:
    return Alarm(
        name=context.names.alarm(context.model, row.kind),
        kind=row.kind,
        condition=condition,
        description=describe(
            what=f"{context.model}: {row.what}", why=row.why, next_step=row.next_step
        ),
        invokes_gate=row.invokes_gate,
        requires_endpoint=row.requires_endpoint,
        notifies=row.notifies,
    )


def _dead_letter_queue_alarm(name: str, *, queue_name: str, owner: str) -> Alarm:
    messages = AlarmMetric(
        "m",
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        "Maximum",
        {"QueueName": queue_name},
    )
    return Alarm(
        name=name,
        kind=DEAD_LETTER_QUEUE,
        condition=AlarmCondition(
            (messages,),
            threshold=1,
            period_seconds=conditions.EVENT_PERIOD_SECONDS,
            treat_missing_data="notBreaching",
        ),
        description=describe(
            what=f"An invocation by {owner} failed after all retries and was sent to the"
            " dead-letter queue.",
            why="The invoked function kept failing, or could not be reached.",
            next_step="Read the message in the dead-letter queue and fix the cause. Then invoke the"
            " function with the event in the message, or delete the message.",
        ),
    )


def _execution_alarm(
    names: ResourceNames, kind: str, *, metric: str, what: str, state_machine_arn: str
) -> Alarm:
    dimensions = {"StateMachineArn": state_machine_arn}
    return Alarm(
        name=f"{names.prefix}-{kind}",
        kind=kind,
        condition=AlarmCondition(
            (AlarmMetric("m", "AWS/States", metric, "Sum", dimensions),),
            threshold=1,
            period_seconds=conditions.EVENT_PERIOD_SECONDS,
            treat_missing_data="notBreaching",
        ),
        description=describe(
            what=what,
            why="The execution's history names the state. The alarm analysis-failed of the model"
            " gives details.",
            next_step="Fix the cause, then redrive the execution. No record is counted twice.",
        ),
    )
