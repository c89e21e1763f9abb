"""What counts as drift: the sections ``monitoring`` and ``quality`` of driftloop.yaml, plain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from driftloop.compare import LevelChange
from driftloop.quality import Limits

if TYPE_CHECKING:
    from driftloop.config.model import Model


class Floors(NamedTuple):
    """Smallest effects that are drift: of shape (as a mean shift in standard deviations), and of
    shares (Cohen's h)."""

    effect: float
    share: float

    def of_level(self, change: LevelChange) -> float:
        """Cohen's h at which a level's change is drift: a new or a vanished level is one of
        shares; one that grew or shrank is one of shape, where h of two bins is near w."""
        return self.share if change.change in ("new", "vanished") else self.effect


@dataclass(frozen=True, slots=True)
class Policy:
    """Settings by the names that they have in driftloop.yaml, where their meanings are."""

    minimum_records: int = 100
    effect_floor: float = 0.2
    share_floor: float = 0.1
    false_discovery_rate: float = 0.01
    datapoints_to_alarm: int = 2
    evaluation_windows: int = 3
    importance: Mapping[str, float] = field(default_factory=dict)
    left_out: Sequence[str] = field(default_factory=list)
    kept: Sequence[str] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def of(cls, model: "Model") -> "Policy":
        """The policy of a model of driftloop.yaml."""
        monitoring, quality = model.monitoring, model.quality
        own = [item.name for item in fields(cls) if item.name != "limits"]
        limits = Limits(**{item.name: getattr(quality, item.name) for item in fields(Limits)})
        policy = cls(**{name: getattr(monitoring, name) for name in own}, limits=limits)
        columns = {feature.name: feature.columns for feature in model.schema_.features}
        return replace(
            policy,
            importance={c: w for name, w in policy.importance.items() for c in columns[name]},
            left_out=[column for name in policy.left_out for column in columns[name]],
            kept=[column for name in policy.kept for column in columns[name]],
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Policy":
        """The inverse of :meth:`to_dict`."""
        own = {name: value for name, value in data.items() if name != "quality"}
        return cls(**own, limits=Limits(**data["quality"]))

    def floors(self, factor: float = 1.0) -> Floors:
        """The floors, raised by what dependent traffic was found to need."""
        return Floors(self.effect_floor * factor, self.share_floor * factor)

    def to_dict(self) -> dict[str, Any]:
        """Plain form, for the report."""
        own = {item.name: getattr(self, item.name) for item in fields(self)}
        limits = {item.name: getattr(self.limits, item.name) for item in fields(self.limits)}
        del own["limits"]
        return {**own, "importance": dict(self.importance), "quality": limits}
