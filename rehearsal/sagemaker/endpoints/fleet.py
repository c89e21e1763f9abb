"""A fleet: one endpoint config, running. Its variants share the traffic by weight."""

from dataclasses import dataclass, field, replace
from typing import Any

from rehearsal.sagemaker.context import Context
from rehearsal.sagemaker.endpoints.data_capture import Capture
from rehearsal.sagemaker.endpoints.model_server import LoadError, ModelServer
from rehearsal.sagemaker.endpoints.models_and_configs import Catalog, Container, Record
from rehearsal.sagemaker.pipelines.process_environment import reason


@dataclass(slots=True)
class Variant:
    """A production variant. One process plays all of its instances."""

    name: str
    weight: float
    instances: int
    instance_type: str | None
    container: Container
    server: ModelServer
    capture: Capture | None
    credit: float = 0.0


@dataclass(slots=True)
class InstanceFleet:
    """The variants of one endpoint config."""

    config: Record
    capture_settings: dict[str, Any] | None
    variants: dict[str, Variant]
    failure: str | None = field(default=None)

    def load(self) -> None:
        """Bring every model up (blocks); what went wrong is kept in ``failure``."""
        try:
            for variant in self.variants.values():
                variant.server.load()
        except LoadError as error:
            self.failure = reason(error)

    def close(self) -> None:
        """End the models' processes."""
        for variant in self.variants.values():
            variant.server.close()

    def flush(self) -> None:
        """Write what was captured and not yet written."""
        for variant in self.variants.values():
            if variant.capture is not None:
                variant.capture.flush()

    @property
    def instances(self) -> int:
        """Instances over all variants."""
        return sum(variant.instances for variant in self.variants.values())

    def pick(self) -> Variant:
        """The variant whose turn it is: evenly, by weight, the same in every run."""
        total = sum(variant.weight for variant in self.variants.values())
        for variant in self.variants.values():
            variant.credit += variant.weight
        chosen = max(self.variants.values(), key=lambda variant: variant.credit)
        chosen.credit -= total
        return chosen


@dataclass(frozen=True, slots=True)
class RetainedProperties:
    """What an update takes over from the fleet before it."""

    instances: dict[str, int] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    capture: dict[str, Any] | None = None

    def without(self, excluded: set[str]) -> "RetainedProperties":
        """Leave out the variant properties that the caller excludes."""
        kept = self
        if "DesiredInstanceCount" in excluded:
            kept = replace(kept, instances={})
        if "DesiredWeight" in excluded:
            kept = replace(kept, weights={})
        if "DataCaptureConfig" in excluded:
            kept = replace(kept, capture=None)
        return kept


def properties(fleet: InstanceFleet) -> RetainedProperties:
    """Counts, weights and data capture of a running fleet."""
    return RetainedProperties(
        instances={variant.name: variant.instances for variant in fleet.variants.values()},
        weights={variant.name: variant.weight for variant in fleet.variants.values()},
        capture=fleet.capture_settings,
    )


def build(
    context: Context,
    catalog: Catalog,
    config: Record,
    *,
    endpoint: str,
    serial: int,
    kept: RetainedProperties,
) -> InstanceFleet:
    """The fleet of an endpoint config, its models not yet loaded."""
    settings = kept.capture or config.body.get("DataCaptureConfig")
    variants: dict[str, Variant] = {}
    for spec in config.body["ProductionVariants"]:
        name = spec["VariantName"]
        label = f"{endpoint}-{serial:03d}-{config.name}-{name}"
        container = catalog.container(spec["ModelName"])
        capture = (
            Capture(context, settings, endpoint=endpoint, variant=name, seed=label)
            if settings
            else None
        )
        variants[name] = Variant(
            name=name,
            weight=kept.weights.get(name, spec.get("InitialVariantWeight", 1.0)),
            instances=kept.instances.get(name, spec.get("InitialInstanceCount", 1)),
            instance_type=spec.get("InstanceType"),
            container=container,
            server=ModelServer(context, container, label),
            capture=capture,
        )
    return InstanceFleet(config, settings, variants)
