"""The names of the timeline's events, which the scenario writes and the page reads."""

from enum import StrEnum


class TimelineEvent(StrEnum):
    """What a line of the timeline is about."""

    DEPLOYED = "stack.deployed"
    REDEPLOYED = "stack.redeployed"
    DELETED = "stack.deleted"
    ANALYSIS_COMPLETED = "analysis.completed"
    ALARM_CHANGED = "alarm.changed"
    RETRAINING_DECIDED = "retraining.decided"
    PIPELINE_ENDED = "pipeline.ended"
    MODEL_REGISTERED = "model.registered"
    MODEL_APPROVED = "model.approved"
    MODEL_REJECTED = "model.rejected"
    RELEASE_COMPLETED = "release.completed"
