"""The JSON files that the steps of a pipeline execution write, as types.

The step Evaluate writes ``evaluation.json``. The pipeline's condition reads its ``decision``, the
step RegisterModel copies its ``summary`` into the model package's metadata, and the registry shows
its model quality statistics. The step Curate writes ``curation.json``, of which RegisterModel
copies the ``training_data_range``.
"""

from typing import Literal

import msgspec

EVALUATION_FILE = "evaluation.json"
CURATION_FILE = "curation.json"


class ScoreInterval(msgspec.Struct, frozen=True):
    """A score with its confidence interval. A number is None where the score is not defined."""

    value: float | None
    low: float | None
    high: float | None
    standard_error: float | None


class ScoreComparison(msgspec.Struct, frozen=True):
    """One score of both models; ``difference`` is challenger minus champion.

    ``score`` is the score's title, such as ``ROC AUC``.
    """

    score: str
    champion: ScoreInterval
    challenger: ScoreInterval
    difference: ScoreInterval


class RowSetScores(msgspec.Struct, frozen=True):
    """The comparison on one set of rows.

    A higher ``ranking_score`` is better; a lower ``proper_score`` is better.
    """

    evaluated_rows: int
    ranking_score: ScoreComparison
    proper_score: ScoreComparison


class EvaluationSummary(msgspec.Struct, frozen=True):
    """Sentences for the approver.

    They contain only the characters, and have at most the length, that a model package's metadata
    allows.
    """

    decision_summary: str
    ranking_score: str
    proper_score: str
    golden_set: str
    evaluated_rows: str


class QualityStatistic(msgspec.Struct, frozen=True):
    """A value in the format of SageMaker's model quality statistics."""

    value: float | None
    standard_deviation: float | None


QualityStatistics = dict[str, QualityStatistic]
"""Statistics of the challenger by SageMaker's name, such as ``auc``."""


class EvaluationReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """``evaluation.json``: whether the challenger is registered, and why.

    ``golden_set`` is None where the model has no golden set. Exactly one of the ``…_metrics`` is
    present, the one of the model's problem type; these names are SageMaker's.
    """

    decision: Literal["register", "reject"]
    reasons: tuple[str, ...]
    summary: EvaluationSummary
    champion_version: str
    holdout: RowSetScores
    golden_set: RowSetScores | None
    binary_classification_metrics: QualityStatistics | None = None
    multiclass_classification_metrics: QualityStatistics | None = None
    regression_metrics: QualityStatistics | None = None


class CuratedRows(msgspec.Struct, frozen=True):
    """How many rows the step Curate wrote."""

    train: int
    holdout: int
    golden: int


class CapturedCounts(msgspec.Struct, frozen=True):
    """How many objects of the capture bucket were read, and what their lines held.

    Every line is used, skipped or rejected; ``lines_skipped`` and ``lines_rejected`` count by
    reason.
    """

    objects: int
    lines_read: int
    lines_used: int
    lines_skipped: dict[str, int]
    lines_rejected: dict[str, int]
    records: int
    missing_predictions: int
    missing_columns: dict[str, int]
    extra_columns: dict[str, int]


class LabelFileCounts(msgspec.Struct, frozen=True):
    """What the label files held.

    ``replaced`` counts requests whose labels a later line replaced; ``unreadable`` counts lines
    that hold no label.
    """

    lines: int
    requests: int
    replaced: int
    unreadable: int


class CurationReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """``curation.json``: which rows the pipeline uses, and which it drops.

    ``training_data_range`` is ``start/end`` in ISO 8601, or ``training data`` where the rows have
    no times. ``dropped`` counts rows by reason. ``captured`` and ``labels`` are absent from the
    first execution, which reads training data alone.
    """

    training_data_range: str
    rows: CuratedRows
    dropped: dict[str, int]
    captured: CapturedCounts | None = None
    labels: LabelFileCounts | None = None


def encode_report(report: EvaluationReport | CurationReport) -> bytes:
    """The report as indented JSON that ends with a line break."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def read_evaluation_report(data: bytes) -> EvaluationReport:
    """Read ``evaluation.json``; raises msgspec.DecodeError on anything else."""
    return msgspec.json.decode(data, type=EvaluationReport)


def read_curation_report(data: bytes) -> CurationReport:
    """Read ``curation.json``; raises msgspec.DecodeError on anything else."""
    return msgspec.json.decode(data, type=CurationReport)
