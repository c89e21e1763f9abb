"""The drift policy: settings of the sections ``monitoring`` and ``quality`` of driftloop.yaml."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from driftloop.comparison import CategoryChange
from driftloop.quality import QualityLimits

if TYPE_CHECKING:  # at run time it would import pydantic, which pipeline steps do without
    from driftloop.config.settings import ModelSettings


@dataclass(frozen=True, slots=True)
class MinEffectSizes:
    """The smallest effect sizes that are drift.

    ``distribution`` is read like a mean shift in standard deviations, ``share`` is Cohen's h.
    """

    distribution: float
    share: float

    def for_category(self, change: CategoryChange) -> float:
        """The minimum Cohen's h of a category's change.

        A new or disappeared category is a change of a share. An increase or a decrease is one of
        the distribution, where h of two bins is near Cohen's w.
        """
        return self.share if change.change in ("new", "disappeared") else self.distribution


@dataclass(frozen=True, slots=True)
class DriftPolicy:
    """What counts as drift, with the names and defaults of the settings in driftloop.yaml.

    Attributes:
        min_records: Records that a verdict takes; with fewer it is ``insufficient_data``.
        min_effect_size: Minimum effect size of a changed distribution, as a mean shift in standard
            deviations.
        min_share_effect_size: Minimum effect size of a changed share (missing values, new and
            disappeared categories), as Cohen's h.
        false_discovery_rate: Expected share of false rejections among significant columns, 0 to 1.
        datapoints_to_alarm: M of the M-of-N rule for windows that follow each other.
        evaluation_periods: N of the M-of-N rule.
        feature_weights: Weight by feature in tests and ranking; 1 where not given, 0 never drifts.
        exclude_features: Features excluded from drift detection.
        include_features: Features included although the baseline excludes them.
        required_sensitivity: By feature, the largest change of level or shares that may stay unseen
            for 7 days.
        drift_from_training_days: Days whose sum is compared with the training data.
        min_drift_from_training: Effect size over these days from which the gate is invoked for a
            retraining; None for never. It takes no part in a verdict.
        quality: How far data may deviate from the constraints of the baseline.
    Example:
        >>> import driftloop as dl
        >>> policy = dl.DriftPolicy(min_effect_size=0.5, exclude_features=["station"])
        >>> dl.compare(*dl.load_example(), policy=policy)["station"].status.value
        'excluded'
    """

    min_records: int = 100
    min_effect_size: float = 0.2
    min_share_effect_size: float = 0.1
    false_discovery_rate: float = 0.01
    datapoints_to_alarm: int = 2
    evaluation_periods: int = 3
    feature_weights: Mapping[str, float] = field(default_factory=dict)
    exclude_features: Sequence[str] = field(default_factory=list)
    include_features: Sequence[str] = field(default_factory=list)
    required_sensitivity: Mapping[str, float] = field(default_factory=dict)
    drift_from_training_days: int = 28
    min_drift_from_training: float | None = 0.5
    quality: QualityLimits = field(default_factory=QualityLimits)

    @classmethod
    def from_settings(cls, model: "ModelSettings") -> "DriftPolicy":
        """The policy of a model of driftloop.yaml; features become the columns that they have."""
        monitoring, quality = model.monitoring, model.quality
        own = [item.name for item in fields(cls) if item.name != "quality"]
        limits = QualityLimits(
            **{item.name: getattr(quality, item.name) for item in fields(QualityLimits)}
        )
        policy = cls(**{name: getattr(monitoring, name) for name in own}, quality=limits)
        columns = {feature.name: feature.columns for feature in model.schema_.features}
        return policy.for_columns(columns)

    def for_columns(self, columns: Mapping[str, Sequence[str]]) -> "DriftPolicy":
        """The policy with every name of a feature replaced by the columns that it has.

        Args:
            columns: The columns by feature; a date has several.
        """
        weights, required = self.feature_weights, self.required_sensitivity
        return replace(
            self,
            feature_weights={c: weights[name] for name in weights for c in columns[name]},
            required_sensitivity={c: required[name] for name in required for c in columns[name]},
            exclude_features=[c for name in self.exclude_features for c in columns[name]],
            include_features=[c for name in self.include_features for c in columns[name]],
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "DriftPolicy":
        """The inverse of :meth:`to_dict`."""
        own = {name: value for name, value in data.items() if name != "quality"}
        return cls(**own, quality=QualityLimits(**data["quality"]))

    def min_effect_sizes(self, multiplier: float = 1.0) -> MinEffectSizes:
        """The minimum effect sizes of a column with this multiplier."""
        return MinEffectSizes(
            self.min_effect_size * multiplier, self.min_share_effect_size * multiplier
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data, with the names of the settings."""
        own = {item.name: getattr(self, item.name) for item in fields(self)}
        limits = {item.name: getattr(self.quality, item.name) for item in fields(self.quality)}
        del own["quality"]
        return {
            **own,
            "feature_weights": dict(self.feature_weights),
            "required_sensitivity": dict(self.required_sensitivity),
            "quality": limits,
        }


FINGERPRINT_SETTINGS = (
    "min_records",
    "min_effect_size",
    "min_share_effect_size",
    "false_discovery_rate",
    "datapoints_to_alarm",
    "evaluation_periods",
    "feature_weights",
)
"""Settings on which fitted adjustments depend."""


def policy_fingerprint(policy: DriftPolicy) -> dict[str, object]:
    """The settings on which fitted adjustments depend; if one differs, they are outdated."""
    plain = policy.to_dict()
    return {name: plain[name] for name in FINGERPRINT_SETTINGS}
