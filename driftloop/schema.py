"""The schema of a model: its features, its target and its problem type.

Capture, profiles, training and serving share it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class ProblemType(StrEnum):
    """What the model predicts."""

    BINARY_CLASSIFICATION = "binary_classification"
    MULTICLASS_CLASSIFICATION = "multiclass_classification"
    REGRESSION = "regression"


class Kind(StrEnum):
    """How the values of a column are compared.

    A date is compared as several columns: its age, weekday, month and hour. An ignored column is
    part of a request and nothing else: no schema has a feature of this kind.
    """

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    DATE = "date"
    IGNORE = "ignore"


DATE_PARTS = ("age in days", "weekday", "month", "hour")
"""The columns into which a date feature is split."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A named column of a request."""

    name: str
    kind: Kind

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that are compared: the feature itself, or the parts of a date."""
        if self.kind is not Kind.DATE:
            return (self.name,)
        return tuple(f"{self.name} ({part})" for part in DATE_PARTS)


@dataclass(frozen=True, slots=True)
class Entity:
    """The entity that a record describes, such as a customer.

    Its value is that of the feature ``name``, or of the key ``name`` in the request's custom
    attributes where ``attribute`` is true.
    """

    name: str
    attribute: bool = False

    PREFIX: ClassVar[str] = "attribute:"

    @classmethod
    def parse(cls, text: str, features: Collection[str]) -> "Entity":
        """Parse a feature's name or ``attribute:KEY``; raises ValueError on anything else."""
        if text in features:
            return cls(text)
        key = text.removeprefix(cls.PREFIX).strip()
        if text.startswith(cls.PREFIX) and key and not set(key) & set("=,;"):
            return cls(key, attribute=True)
        raise ValueError(
            f"entity {text!r} is not a feature; for a key of the requests' custom attributes write"
            f" {cls.PREFIX}KEY, where KEY contains none of = , ;"
        )


@dataclass(frozen=True, slots=True)
class Schema:
    """A model's features in the order of the request, its target and its problem type.

    ``target`` is the label's column in training data; requests do not contain it. The prediction is
    numeric for a binary classification (the score of the positive class) and a regression, and
    categorical (the predicted class) for a multiclass classification.

    ``request_columns`` are the columns of a request row in their order, with those to ignore; empty
    if they are the features.

    Raises:
        ValueError: A feature has the kind ``ignore``, or the columns of a request row are not
            distinct or lack a feature.
    """

    features: tuple[Feature, ...]
    target: str
    problem_type: ProblemType
    request_columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ignored = [feature.name for feature in self.features if feature.kind is Kind.IGNORE]
        if ignored:
            raise ValueError(f"no features of a model: {', '.join(ignored)} (kind ignore)")
        columns = set(self.columns)
        if len(columns) < len(self.columns) or not columns.issuperset(self.names):
            raise ValueError("request_columns: every feature and ignored column once")

    @classmethod
    def from_columns(
        cls, columns: Mapping[str, Kind], *, target: str, problem_type: ProblemType
    ) -> "Schema":
        """The schema of request columns by name, of which some may be ignored."""
        features = tuple(
            Feature(name, kind) for name, kind in columns.items() if kind is not Kind.IGNORE
        )
        has_ignored = len(features) < len(columns)
        return cls(features, target, problem_type, tuple(columns) if has_ignored else ())

    @property
    def names(self) -> tuple[str, ...]:
        """Feature names in the order of the request."""
        return tuple(feature.name for feature in self.features)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a request row in their order, with those to ignore."""
        return self.request_columns or self.names

    @property
    def age_columns(self) -> frozenset[str]:
        """The compared columns that are the ages of dates: they depend on the request's time."""
        return frozenset(feature.columns[0] for feature in self._dates)

    @property
    def calendar_columns(self) -> frozenset[str]:
        """The compared columns that are parts of dates: weekdays, months and hours."""
        return frozenset(name for feature in self._dates for name in feature.columns[1:])

    @property
    def _dates(self) -> list[Feature]:
        return [feature for feature in self.features if feature.kind is Kind.DATE]

    @property
    def cell_positions(self) -> list[int] | None:
        """Positions of the features among the cells of a row; None if it has no other cells."""
        if not self.request_columns:
            return None
        return [self.request_columns.index(name) for name in self.names]

    @property
    def prediction(self) -> Feature:
        """The prediction as a column, which is profiled like a feature."""
        categorical = self.problem_type is ProblemType.MULTICLASS_CLASSIFICATION
        return Feature("prediction", Kind.CATEGORICAL if categorical else Kind.NUMERIC)

    def to_dict(self) -> dict[str, object]:
        """Plain form for JSON, as stored in baselines and in the step settings."""
        data: dict[str, object] = {
            "features": {feature.name: str(feature.kind) for feature in self.features},
            "target": self.target,
            "problem_type": str(self.problem_type),
        }
        return {**data, "request_columns": list(self.columns)} if self.request_columns else data

    @classmethod
    def from_dict(cls, data: dict[str, object]) -> "Schema":
        """The inverse of :meth:`to_dict`; raises KeyError or ValueError on anything else."""
        features = data["features"]
        if not isinstance(features, dict):
            raise ValueError("features: a mapping of name to kind")  # noqa: TRY004  (the data is wrong, not the caller)
        return cls(
            features=tuple(Feature(name, Kind(kind)) for name, kind in features.items()),
            target=str(data["target"]),
            problem_type=ProblemType(str(data["problem_type"])),
            request_columns=_texts(data.get("request_columns", ())),
        )


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list | tuple):
        raise ValueError("request_columns: a list of names")  # noqa: TRY004  (the data is wrong, not the caller)
    return tuple(map(str, values))
