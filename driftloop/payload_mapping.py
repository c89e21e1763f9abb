"""Where the values of a model are in its requests and responses.

Schema and mapping are apart: the schema says which columns a version of the model is sent, in which
order, and its baseline keeps it; the mapping says how a client spells them, and may change without
a new baseline.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from driftloop.path_expressions import PathExpression
from driftloop.schema import Schema


class ResponseKey(StrEnum):
    """What a container of Autopilot, or of SageMaker's XGBoost, can be set to answer.

    Sources: SageMaker developer guide, "Configure inference output in generated containers" (the
    first four); aws/sagemaker-xgboost-container, ``serve_utils.ALL_VALID_SELECT_KEYS``.
    """

    PREDICTED_LABEL = "predicted_label"
    PROBABILITY = "probability"
    PROBABILITIES = "probabilities"
    LABELS = "labels"
    PREDICTED_SCORE = "predicted_score"
    RAW_SCORE = "raw_score"
    RAW_SCORES = "raw_scores"


@dataclass(frozen=True, slots=True)
class PayloadMapping:
    """How payloads are read, beyond what is detected automatically.

    Attributes:
        records_key: Path expression of the rows in a JSON request; None where they are detected.
        feature_keys: Path expression within a row by feature, for features that are not at a key of
            their own name.
        prediction_key: Path expression of the prediction in a JSON response; None where it is
            detected.
        inference_response_keys: Cells of a CSV response in their order, each a ``ResponseKey``;
            empty if they have no names.

    All expressions are those of ``driftloop.path_expressions``.
    """

    records_key: str | None = None
    feature_keys: Mapping[str, str] = field(default_factory=dict)
    prediction_key: str | None = None
    inference_response_keys: tuple[str, ...] = ()

    def feature_paths(self, features: Sequence[str]) -> dict[str, PathExpression]:
        """The path to each feature within a row; empty if each is at a key of its own name."""
        if not self.feature_keys:
            return {}
        return {
            name: PathExpression.parse(self.feature_keys[name])
            if name in self.feature_keys
            else PathExpression.from_keys([name])
            for name in features
        }

    def feature_row_keys(self, features: Sequence[str]) -> frozenset[str]:
        """The outermost keys of a row that lead to features."""
        paths = self.feature_paths(features)
        found = (path.first_key for path in paths.values()) if paths else features
        return frozenset(key for key in found if key is not None)

    def known_keys(self, schema: Schema) -> frozenset[str]:
        """The outermost keys of a row that are known: of features and of ignored columns."""
        ignored = set(schema.columns) - set(schema.names)
        return self.feature_row_keys(schema.names) | ignored

    def to_dict(self) -> dict[str, Any]:
        """Plain form for JSON, as in the manifest of an analysis and in the step settings."""
        return {
            "records_key": self.records_key,
            "feature_keys": dict(self.feature_keys),
            "prediction_key": self.prediction_key,
            "inference_response_keys": list(self.inference_response_keys),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "PayloadMapping":
        """The inverse of :meth:`to_dict`; an entry that is absent is detected automatically."""
        return cls(
            records_key=data.get("records_key"),
            feature_keys=dict(data.get("feature_keys", {})),
            prediction_key=data.get("prediction_key"),
            inference_response_keys=tuple(data.get("inference_response_keys", ())),
        )


DETECTED: Final = PayloadMapping()
"""The mapping of a model whose payloads are detected automatically."""
