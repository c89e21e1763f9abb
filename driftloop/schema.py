"""The schema of a model: its features, its target and its problem type.

Capture, profiles, training and serving share it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from driftloop.missing_texts import CLASS_MISSING_TEXTS, EMPTY_TEXTS, MISSING_TEXTS


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


PREDICTION = "(prediction)"
"""What the model's predictions are called among columns: no feature has this name."""

DATE_PARTS = ("age in days", "weekday", "month", "hour")
"""The columns into which a date feature is split."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A named column of a request.

    ``missing_texts`` are the texts of a missing value where the column is categorical.
    """

    name: str
    kind: Kind
    missing_texts: frozenset[str] = MISSING_TEXTS

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


DEFAULT_JOIN_KEY = "inference_id"
"""Labels name a request's inferenceId, or its eventId where it has none."""


def parse_join_key(text: str) -> str | None:
    """The key of the custom attribute by which labels name requests; None for their own ids.

    Raises ValueError unless the text is ``inference_id`` or ``attribute:KEY``.

    Example:
        >>> parse_join_key("inference_id"), parse_join_key("attribute:order")
        (None, 'order')
    """
    if text == DEFAULT_JOIN_KEY:
        return None
    try:
        return Entity.parse(text, ()).name
    except ValueError as error:
        raise ValueError(
            f"{text!r}: write {DEFAULT_JOIN_KEY}, or {Entity.PREFIX}KEY for a key of the requests'"
            " custom attributes, where KEY contains none of = , ;"
        ) from error


@dataclass(frozen=True, slots=True)
class Schema:
    """A model's features in the order of the request, its target and its problem type.

    ``target`` is the label's column in training data; requests do not contain it. The prediction is
    numeric for a binary classification (the score of the positive class) and a regression, and
    categorical (the predicted class) for a multiclass classification.

    ``request_columns`` are the columns of a request row in their order, with those to ignore; empty
    if they are the features. ``label_missing_texts`` are the texts of a missing label where labels
    are classes.

    Raises:
        ValueError: A feature has the kind ``ignore``, or the columns of a request row are not
            distinct or lack a feature.
    """

    features: tuple[Feature, ...]
    target: str
    problem_type: ProblemType
    request_columns: tuple[str, ...] = ()
    label_missing_texts: frozenset[str] = CLASS_MISSING_TEXTS

    def __post_init__(self) -> None:
        ignored = [feature.name for feature in self.features if feature.kind is Kind.IGNORE]
        if ignored:
            raise ValueError(f"no features of a model: {', '.join(ignored)} (kind ignore)")
        columns = set(self.columns)
        if len(columns) < len(self.columns) or not columns.issuperset(self.names):
            raise ValueError("request_columns: every feature and ignored column once")

    @classmethod
    def from_columns(
        cls,
        columns: Mapping[str, Kind],
        *,
        target: str,
        problem_type: ProblemType,
        keep_na_texts: Collection[str] = (),
    ) -> "Schema":
        """The schema of request columns by name, of which some may be ignored.

        In the columns of ``keep_na_texts``, which may name the target, only an empty text is a
        missing value.
        """
        features = tuple(
            Feature(name, kind, _missing_texts(name, keep_na_texts))
            for name, kind in columns.items()
            if kind is not Kind.IGNORE
        )
        has_ignored = len(features) < len(columns)
        label_texts = _missing_texts(target, keep_na_texts, CLASS_MISSING_TEXTS)
        request_columns = tuple(columns) if has_ignored else ()
        return cls(features, target, problem_type, request_columns, label_texts)

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
        kind = Kind.CATEGORICAL if categorical else Kind.NUMERIC
        return Feature("prediction", kind, self.label_missing_texts)

    @property
    def keep_na_texts(self) -> tuple[str, ...]:
        """The columns in which only an empty text is a missing value."""
        names = [one.name for one in self.features if one.missing_texts == EMPTY_TEXTS]
        return (*names, self.target) if self.label_missing_texts == EMPTY_TEXTS else (*names,)

    def to_dict(self) -> dict[str, object]:
        """Plain form for JSON, as stored in baselines and in the step settings."""
        data: dict[str, object] = {
            "features": {feature.name: str(feature.kind) for feature in self.features},
            "target": self.target,
            "problem_type": str(self.problem_type),
        }
        if self.request_columns:
            data["request_columns"] = list(self.columns)
        if self.keep_na_texts:
            data["keep_na_texts"] = list(self.keep_na_texts)
        return data

    @classmethod
    def from_dict(cls, data: dict[str, object]) -> "Schema":
        """The inverse of :meth:`to_dict`; raises KeyError or ValueError on anything else."""
        features = data["features"]
        if not isinstance(features, dict):
            raise ValueError("features: a mapping of name to kind")  # noqa: TRY004  (the data is wrong, not the caller)
        target = str(data["target"])
        kept = _texts("keep_na_texts", data)
        return cls(
            features=tuple(
                Feature(name, Kind(kind), _missing_texts(name, kept))
                for name, kind in features.items()
            ),
            target=target,
            problem_type=ProblemType(str(data["problem_type"])),
            request_columns=_texts("request_columns", data),
            label_missing_texts=_missing_texts(target, kept, CLASS_MISSING_TEXTS),
        )


def _missing_texts(
    name: str, keep_na_texts: Collection[str], usual: frozenset[str] = MISSING_TEXTS
) -> frozenset[str]:
    return EMPTY_TEXTS if name in keep_na_texts else usual


def _texts(key: str, data: Mapping[str, object]) -> tuple[str, ...]:
    values = data.get(key, ())
    if not isinstance(values, list | tuple):
        raise ValueError(f"{key}: a list of names")  # noqa: TRY004  (the data is wrong, not the caller)
    return tuple(map(str, values))
