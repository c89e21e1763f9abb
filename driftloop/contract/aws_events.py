"""The events of AWS services that driftloop reads, with the fields it needs, in AWS's spelling.

Sources: EventBridge's references for CloudWatch alarms, SageMaker and Parameter Store.
"""

from typing import ClassVar

import msgspec

from driftloop.contract.events import EventDetail


class AlarmState(msgspec.Struct, frozen=True, kw_only=True):
    """A state of an alarm; ``timestamp`` is when the alarm changed to it."""

    value: str
    timestamp: str
    reason: str = "no reason given"


class PreviousAlarmState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of an alarm before its change."""

    value: str


class AlarmStateChange(EventDetail, frozen=True, kw_only=True, rename="camel"):
    """A CloudWatch alarm changed its state."""

    DETAIL_TYPE: ClassVar[str] = "CloudWatch Alarm State Change"

    alarm_name: str
    state: AlarmState
    previous_state: PreviousAlarmState


class PipelineExecutionStatusChange(EventDetail, frozen=True, kw_only=True, rename="camel"):
    """An execution of a SageMaker pipeline changed its status."""

    DETAIL_TYPE: ClassVar[str] = "SageMaker Model Building Pipeline Execution Status Change"

    pipeline_arn: str
    pipeline_execution_arn: str
    current_pipeline_execution_status: str


class ModelPackageStateChange(EventDetail, frozen=True, kw_only=True, rename="pascal"):
    """A model package was registered or changed, for example approved.

    ``updated_model_package_fields`` are the members that UpdateModelPackage changed, so its other
    changes can be distinguished from an approval. Developer guide, Events that Amazon SageMaker AI
    sends to Amazon EventBridge, SageMaker model package state change.
    """

    DETAIL_TYPE: ClassVar[str] = "SageMaker Model Package State Change"

    model_package_arn: str
    model_package_group_name: str
    model_package_version: int
    model_approval_status: str
    updated_model_package_fields: tuple[str, ...] = ()

    @property
    def sets_approval_status(self) -> bool:
        """Whether the event says that the approval status was set, perhaps to the same value."""
        return "ModelApprovalStatus" in self.updated_model_package_fields


class EndpointStateChange(EventDetail, frozen=True, kw_only=True, rename="pascal"):
    """An endpoint changed its status."""

    DETAIL_TYPE: ClassVar[str] = "SageMaker Endpoint State Change"

    endpoint_name: str


class EndpointDeploymentStateChange(EventDetail, frozen=True, kw_only=True, rename="pascal"):
    """The deployment of an endpoint update changed its state."""

    DETAIL_TYPE: ClassVar[str] = "SageMaker Endpoint Deployment State Change"

    endpoint_name: str


class ParameterStoreChange(EventDetail, frozen=True, kw_only=True):
    """A parameter of Parameter Store changed."""

    DETAIL_TYPE: ClassVar[str] = "Parameter Store Change"

    name: str
