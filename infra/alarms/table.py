"""The alarm table: a new alarm is one row here.

Alarms are what people see. That drift lasts is worked out before, by judge: CloudWatch can't count
windows of the same feature. The row says what happened, why it may have, and what to do next: that
is the alarm's description, and the e-mail's text.
Rows that ask the gate are those whose going off may be a reason to retrain, or to refuse it on
record.
"""

from collections.abc import Callable
from dataclasses import dataclass

from driftloop.config import Config
from driftloop.contract import cloudwatch_metrics as t
from driftloop.contract.fleet import AlarmEntry, Fleet
from driftloop.contract.resource_names import ResourceNames
from infra.alarms import conditions as rules
from infra.alarms.definition import Alarm, AlarmCondition, AlarmContext, AlarmMetric


@dataclass(frozen=True, slots=True)
class AlarmDefinition:
    """A kind of alarm that every model has."""

    kind: str
    condition: Callable[[AlarmContext], AlarmCondition]
    what: str
    why: str
    next: str
    invokes_gate: bool = False
    requires_endpoint: bool = False


ALARMS = (
    AlarmDefinition(
        "drift",
        rules.persistent_condition(t.PERSISTENT_DRIFT),
        "The requests have drifted from the data that the champion was trained on.",
        "The same feature changed by more than the floor, significantly, in several recent windows,"
        " or over a whole day.",
        "Read the last report (bucket and key are in the event and on the dashboard); the gate"
        " has been asked to retrain, and its decision follows by mail.",
        invokes_gate=True,
    ),
    AlarmDefinition(
        "prediction-drift",
        rules.persistent_condition(t.PERSISTENT_PREDICTION_DRIFT),
        "The champion's predictions have drifted from those on its training data.",
        "The requests changed where it matters to the model, or what feeds it is broken.",
        "Compare with the drift and data-quality alarms; the gate has been asked to retrain.",
        invokes_gate=True,
    ),
    AlarmDefinition(
        "data-quality",
        rules.data_quality,
        "The requests break constraints that the training data keep.",
        "A column is missing, added, of another type, empty, or out of its range or domain.",
        "Read the violations in the report and mend the sender: retraining on such data is"
        " refused until it is clean.",
        invokes_gate=True,
    ),
    AlarmDefinition(
        "rejected-lines",
        rules.rejected,
        "Captured records can't be read.",
        "The payload's form changed, or files were damaged; they lie in the quarantine prefix"
        " with the reason of each.",
        "Look at the reasons in the report's `records.rejected`, then at the sender.",
    ),
    AlarmDefinition(
        "capture-loss",
        rules.capture_loss,
        "Fewer requests were captured than the endpoint answered.",
        "Data capture stops without a word when an instance's disk is full or a permission is"
        " missing.",
        "Check disk utilisation and the endpoint role's access to the capture bucket and key.",
        requires_endpoint=True,
    ),
    AlarmDefinition(
        "analysis-failed",
        rules.analysis_failed,
        "An analysis has failed; its window is not judged yet.",
        "The state machine's last execution names the state and the error.",
        "Mend the cause, then redrive the execution: nothing is counted twice.",
    ),
    AlarmDefinition(
        "heartbeat-missing",
        rules.silent,
        "No analysis has been published for three windows: drift would not be seen.",
        "The schedule, the trigger function or the state machine does not run.",
        "Look at the schedule, the dead-letter queues and the state machine's executions.",
        requires_endpoint=True,
    ),
    AlarmDefinition(
        "endpoint-5xx",
        rules.errors,
        "The endpoint answers with server errors.",
        "The model raises on some requests, or its instances are out of memory.",
        "Read the endpoint's log group; during a release its own alarms roll it back by"
        " themselves.",
        requires_endpoint=True,
    ),
    AlarmDefinition(
        "endpoint-latency-p99",
        rules.latency,
        "The slowest hundredth of the answers takes too long.",
        "The model is slower than allowed, or the instances are too few for the traffic.",
        "Compare with Invocations and CPU; raise serving.initial_instance_count or instance_type.",
        requires_endpoint=True,
    ),
    AlarmDefinition(
        "retraining-failed",
        rules.occurrence_condition(t.RETRAINING_FAILED),
        "A retraining has failed.",
        "A step of the pipeline ended with an error (a refused challenger is no failure).",
        "Open the execution in the pipeline's console; the failed step has the reason.",
    ),
    AlarmDefinition(
        "release-rolled-back",
        rules.occurrence_condition(t.RELEASE_ROLLED_BACK),
        "A release was rolled back; the version before it serves on.",
        "The new version raised its error or latency alarm during the canary.",
        "Read the release's mail and the endpoint's log; reject the version or mend it.",
    ),
)


def model_alarms(subject: AlarmContext) -> tuple[Alarm, ...]:
    """The alarms of one model."""
    return tuple(_alarm(row, subject) for row in ALARMS)


def dead_letters(name: str, queue: str, *, whose: str) -> Alarm:
    """The alarm on a dead-letter queue, by the queue's name (a token)."""
    return Alarm(
        name=name,
        kind="dead-letter-queue",
        condition=AlarmCondition(
            (
                AlarmMetric(
                    "m",
                    "AWS/SQS",
                    "ApproximateNumberOfMessagesVisible",
                    "Maximum",
                    {"QueueName": queue},
                ),
            ),
            threshold=1,
            period_seconds=rules.EVENT_PERIOD,
            treat_missing_data="notBreaching",
        ),
        description=describe(
            f"A call of {whose} was given up after its retries.",
            "The function that it was for kept failing, or could not be reached.",
            "Read the letter in the queue, mend the cause, then send it again or delete it.",
        ),
    )


def shared_alarms(names: ResourceNames, *, queue: str, state_machine: str) -> tuple[Alarm, ...]:
    """The alarms on what all models share; ``queue`` and ``state_machine`` may be tokens."""
    where = {"StateMachineArn": state_machine}
    ended = {
        "analysis-executions-failed": ("ExecutionsFailed", "An analysis execution has failed."),
        "analysis-executions-timed-out": (
            "ExecutionsTimedOut",
            "An analysis execution took too long and was stopped.",
        ),
    }
    executions = (
        Alarm(
            name=f"{names.prefix}-{kind}",
            kind=kind,
            condition=AlarmCondition(
                (AlarmMetric("m", "AWS/States", metric, "Sum", where),),
                threshold=1,
                period_seconds=rules.EVENT_PERIOD,
                treat_missing_data="notBreaching",
            ),
            description=describe(
                what,
                "The execution's history names the state; the model's own alarm may say more.",
                "Mend the cause, then redrive the execution: nothing is counted twice.",
            ),
        )
        for kind, (metric, what) in ended.items()
    )
    dead_letter_queue = dead_letters(
        f"{names.prefix}-dead-letter-queue", queue, whose="the shared stack"
    )
    return (*executions, dead_letter_queue)


def fleet(config: Config) -> Fleet:
    """What the functions are told: the configuration, and which alarm belongs to which model."""
    names = ResourceNames(config.environment)
    table = {
        alarm.name: AlarmEntry(model=name, kind=alarm.kind, invokes_gate=alarm.invokes_gate)
        for name, settings in config.models.items()
        for alarm in model_alarms(AlarmContext(names, name, settings))
    }
    return Fleet(config=config, alarms=table)


def describe(what: str, why: str, next_: str) -> str:
    """An alarm's description (<= 1,024 characters), in the words that the mail shows."""
    return f"What happened: {what} Why: {why} What to do next: {next_}"


def _alarm(row: AlarmDefinition, subject: AlarmContext) -> Alarm:
    return Alarm(
        name=subject.names.alarm(subject.model, row.kind),
        kind=row.kind,
        condition=row.condition(subject),
        description=describe(f"{subject.model}: {row.what}", row.why, row.next),
        invokes_gate=row.invokes_gate,
        requires_endpoint=row.requires_endpoint,
    )
