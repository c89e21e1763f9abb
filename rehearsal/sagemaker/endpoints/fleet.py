"""An instance fleet: the running variants of one endpoint config, which share the traffic."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from rehearsal.sagemaker.context import SageMakerContext
from rehearsal.sagemaker.endpoints.data_capture import DataCapture
from rehearsal.sagemaker.endpoints.model_server import ModelLoadError, ModelServer
from rehearsal.sagemaker.endpoints.models_and_configs import (
    Container,
    ImmutableResource,
    ModelsAndConfigs,
)
from rehearsal.sagemaker.execution_role import ExecutionRole
from rehearsal.sagemaker.process_environment import failure_reason


@dataclass(slots=True)
class ProductionVariant:
    """A production variant. One process stands for all of its instances."""

    name: str
    weight: float
    instances: int
    instance_type: str | None
    container: Container
    role: ExecutionRole
    server: ModelServer
    capture: DataCapture | None
    credit: float = 0.0


@dataclass(slots=True)
class InstanceFleet:
    """The variants of one endpoint config."""

    config: ImmutableResource
    capture_settings: dict[str, Any] | None
    variants: dict[str, ProductionVariant]
    failure: str | None = field(default=None)

    def load(self) -> None:
        """Load every model (blocks); an error is stored in ``failure``."""
        try:
            for variant in self.variants.values():
                variant.server.load()
        except ModelLoadError as error:
            self.failure = failure_reason(error)

    def close(self) -> None:
        """End the processes of the models."""
        for variant in self.variants.values():
            variant.server.close()

    def flush(self) -> None:
        """Write captured data that is not written yet."""
        for variant in self.variants.values():
            if variant.capture is not None:
                variant.capture.flush()

    @property
    def instances(self) -> int:
        """Number of instances of all variants."""
        return sum(variant.instances for variant in self.variants.values())

    @property
    def instances_by_type(self) -> Counter[str]:
        """Number of instances by instance type."""
        counts: Counter[str] = Counter()
        for variant in self.variants.values():
            if variant.instance_type is not None:
                counts[variant.instance_type] += variant.instances
        return counts

    def next_variant(self) -> ProductionVariant:
        """Choose the variant of the next request: evenly by weight, the same in every rehearsal."""
        total = sum(variant.weight for variant in self.variants.values())
        for variant in self.variants.values():
            variant.credit += variant.weight
        chosen = max(self.variants.values(), key=lambda variant: variant.credit)
        chosen.credit -= total
        return chosen


@dataclass(frozen=True, slots=True)
class RetainedProperties:
    """The properties that an update takes over from the serving fleet."""

    instances: dict[str, int] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    capture: dict[str, Any] | None = None

    def without(self, excluded: set[str]) -> "RetainedProperties":
        """Return these properties without the variant properties that the caller excludes."""
        retained = self
        if "DesiredInstanceCount" in excluded:
            retained = replace(retained, instances={})
        if "DesiredWeight" in excluded:
            retained = replace(retained, weights={})
        if "DataCaptureConfig" in excluded:
            retained = replace(retained, capture=None)
        return retained


def retained_properties(fleet: InstanceFleet) -> RetainedProperties:
    """Return instance counts, weights and data capture of a running fleet."""
    return RetainedProperties(
        instances={variant.name: variant.instances for variant in fleet.variants.values()},
        weights={variant.name: variant.weight for variant in fleet.variants.values()},
        capture=fleet.capture_settings,
    )


def log_group(endpoint: str) -> str:
    """Return the log group of an endpoint's containers, which SageMaker names."""
    return f"/aws/sagemaker/Endpoints/{endpoint}"


def build_fleet(
    context: SageMakerContext,
    models_and_configs: ModelsAndConfigs,
    config: ImmutableResource,
    *,
    endpoint: str,
    serial: int,
    retained: RetainedProperties,
) -> InstanceFleet:
    """Build the fleet of an endpoint config; its models are not loaded yet."""
    settings = retained.capture or config.body.get("DataCaptureConfig")
    variants: dict[str, ProductionVariant] = {}
    for spec in config.body["ProductionVariants"]:
        name = spec["VariantName"]
        label = f"{endpoint}-{serial:03d}-{config.name}-{name}"
        container = models_and_configs.get_container(spec["ModelName"])
        role = context.assume_role(container.role_arn, context.arn("endpoint", endpoint))
        role.encrypt_volumes(config.body.get("KmsKeyId"))
        capture = (
            DataCapture(context, role.store, settings, endpoint=endpoint, variant=name, seed=label)
            if settings
            else None
        )
        variants[name] = ProductionVariant(
            name=name,
            weight=retained.weights.get(name, spec.get("InitialVariantWeight", 1.0)),
            instances=retained.instances.get(name, spec.get("InitialInstanceCount", 1)),
            instance_type=spec.get("InstanceType"),
            container=container,
            role=role,
            server=ModelServer(context, container, role, label, log_group=log_group(endpoint)),
            capture=capture,
        )
    return InstanceFleet(config, settings, variants)
