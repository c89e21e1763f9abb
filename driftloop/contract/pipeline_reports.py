"""The JSON files that the steps of a pipeline execution write, as types.

The step Evaluate writes ``evaluation.json``, and ``statistics.json`` for the registry. The step
Curate writes ``curation.json``. The step DescribeChallenger returns the ``decision`` and the
``summary`` of the evaluation and the ``training_data_range`` and ``omitted_data`` of the curation;
RegisterModel copies them into the model package's metadata.
"""

from typing import Annotated, Literal

import msgspec

from driftloop.metadata_text import ALLOWED_CHARACTERS, MAX_METADATA_LENGTH, NONE

EVALUATION_FILE = "evaluation.json"
CURATION_FILE = "curation.json"
STATISTICS_FILE = "statistics.json"
"""SageMaker's model quality statistics: see pipelines.steps.model_quality."""

MetadataText = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=MAX_METADATA_LENGTH, pattern=f"^[{ALLOWED_CHARACTERS}]+$"
    ),
]
"""A value that CreateModelPackage accepts as metadata (CustomerMetadataValue of the API)."""

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


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

    A higher ``ranking_score`` is better; a lower ``proper_score`` is better. The confidence
    intervals take the ``clusters`` days, hours, entities or rows as independent; ``clusters`` is
    None in reports of earlier versions.
    """

    evaluated_rows: int
    ranking_score: ScoreComparison
    proper_score: ScoreComparison
    cluster_kind: Literal["day", "hour", "entity", "row"] = "row"
    clusters: int | None = None


class EvaluationSummary(msgspec.Struct, frozen=True):
    """Sentences for the approver, which become metadata of the model package."""

    decision_summary: MetadataText
    ranking_score: MetadataText
    proper_score: MetadataText
    golden_set: MetadataText
    evaluated_rows: MetadataText


class EvaluationReport(msgspec.Struct, frozen=True):
    """``evaluation.json``: whether the challenger is registered, and why.

    ``golden_set`` is None where the model has no golden set. ``challenger_sha256`` is the SHA-256
    of the evaluated model.tar.gz: what is registered has the same one.
    """

    decision: Literal["register", "reject"]
    reasons: tuple[str, ...]
    summary: EvaluationSummary
    champion_version: str
    challenger_sha256: Sha256
    holdout: RowSetScores
    golden_set: RowSetScores | None


class CuratedRows(msgspec.Struct, frozen=True):
    """How many rows the step Curate wrote."""

    train: int
    holdout: int
    golden: int


class CapturedVersion(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the captured requests of a version were read.

    ``added_features`` are features of driftloop.yaml that the version did not have: its records
    have no values of them. ``removed_features`` are those that only the version had: they are not
    used. ``is_reordered`` says whether the other features had another order. ``unusable_baseline``
    says why the version's columns are unknown; its lines are rejected then.
    """

    version: int
    objects: int
    records: int
    added_features: tuple[str, ...] = ()
    removed_features: tuple[str, ...] = ()
    is_reordered: bool = False
    unusable_baseline: str | None = None


class CapturedCounts(msgspec.Struct, frozen=True):
    """How many objects of the capture bucket were read, and what their lines held.

    Every line is used, skipped or rejected; ``lines_skipped`` and ``lines_rejected`` count by
    reason. ``ignored_objects`` counts objects of the training range that are not read, by prefix:
    those of other versions, endpoints and variants, and of hours in which the version did not
    serve. Those of ``rolled_back_versions`` are among them; such a version is in ``versions``, too,
    if it also served in periods that are used.
    """

    versions: tuple[CapturedVersion, ...]
    objects: int
    ignored_objects: dict[str, int]
    rolled_back_versions: tuple[int, ...]
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
    no times. ``dropped`` counts rows by reason, and ``omitted_data`` says it in a sentence.
    ``captured`` and ``labels`` are absent from the first execution, which reads training data
    alone.
    """

    training_data_range: MetadataText
    rows: CuratedRows
    dropped: dict[str, int]
    omitted_data: MetadataText = NONE
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
