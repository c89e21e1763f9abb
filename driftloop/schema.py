"""What a model's requests and answers look like: the one description that capture, profiles,
training and serving share.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class ProblemType(StrEnum):
    """What the model predicts."""

    BINARY_CLASSIFICATION = "binary_classification"
    MULTICLASS_CLASSIFICATION = "multiclass_classification"
    REGRESSION = "regression"


class Kind(StrEnum):
    """How the values of a column are compared: a date by its age and by parts of the calendar."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    DATE = "date"


DATE_PARTS = ("age in days", "weekday", "month", "hour")


@dataclass(frozen=True, slots=True)
class Feature:
    """A named column of the payload."""

    name: str
    kind: Kind

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that it is compared by: its own; of a date those made of it."""
        if self.kind is not Kind.DATE:
            return (self.name,)
        return tuple(f"{self.name} ({part})" for part in DATE_PARTS)


@dataclass(frozen=True, slots=True)
class Entity:
    """Whom a record is of: the value of a feature, or of a key of the custom attributes that its
    request came with."""

    name: str
    attribute: bool = False

    PREFIX: ClassVar[str] = "attribute:"

    @classmethod
    def parse(cls, text: str, features: Collection[str]) -> "Entity":
        """A feature's name, or ``attribute:KEY``; raises ValueError on anything else."""
        if text in features:
            return cls(text)
        key = text.removeprefix(cls.PREFIX).strip()
        if text.startswith(cls.PREFIX) and key and not set(key) & set("=,;"):
            return cls(key, attribute=True)
        raise ValueError(
            f"entity {text!r} is no feature; for a key of the requests' custom attributes write"
            f" {cls.PREFIX}KEY, without any of = , ;"
        )


@dataclass(frozen=True, slots=True)
class Schema:
    """Features in payload order, and what comes back.

    ``target`` names the label in training data; it is not part of a payload. The prediction is
    numeric for a binary classification (the score of the positive class) and a regression, and
    categorical (the predicted class) for a multiclass classification.
    """

    features: tuple[Feature, ...]
    target: str
    problem_type: ProblemType

    @property
    def names(self) -> tuple[str, ...]:
        """Feature names in payload order."""
        return tuple(feature.name for feature in self.features)

    @property
    def prediction(self) -> Feature:
        """The prediction as a column, so that it is profiled as a feature is."""
        categorical = self.problem_type is ProblemType.MULTICLASS_CLASSIFICATION
        return Feature("prediction", Kind.CATEGORICAL if categorical else Kind.NUMERIC)

    def to_dict(self) -> dict[str, object]:
        """The plain form that travels in baselines and to the pipeline's steps."""
        return {
            "features": {feature.name: str(feature.kind) for feature in self.features},
            "target": self.target,
            "problem_type": str(self.problem_type),
        }

    @classmethod
    def from_dict(cls, data: dict[str, object]) -> "Schema":
        """The inverse of :meth:`to_dict`; raises KeyError or ValueError on anything else."""
        features = data["features"]
        if not isinstance(features, dict):
            raise ValueError("features: a mapping of name to kind")  # noqa: TRY004  (data, not a type)
        return cls(
            features=tuple(Feature(name, Kind(kind)) for name, kind in features.items()),
            target=str(data["target"]),
            problem_type=ProblemType(str(data["problem_type"])),
        )
