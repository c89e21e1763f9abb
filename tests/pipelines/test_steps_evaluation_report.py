import re

import msgspec
import numpy as np
import pytest

from driftloop.contract.pipeline_reports import (
    EvaluationReport,
    encode_report,
    read_evaluation_report,
)
from driftloop.evaluation import (
    EvaluationPolicy,
    GroundTruthValues,
    cluster_rows,
    compare_models,
    decide,
)
from driftloop.schema import ProblemType
from pipelines.steps.evaluation_report import make_report

# CustomerMetadataValue of the SageMaker API
ALLOWED = re.compile(r"[\w\s.:/=+\-@]{1,256}")


def _report(
    problem_type: ProblemType, removed: tuple[str, ...] = (), times: np.ndarray | None = None
) -> EvaluationReport:
    generator = np.random.default_rng(2)
    ground_truth = GroundTruthValues(problem_type, generator.integers(0, 2, 100).astype(float))
    comparison = compare_models(
        ground_truth,
        generator.uniform(size=100),
        generator.uniform(size=100),
        cluster_rows(100, times),
        resamples=100,
        confidence_level=0.95,
    )
    policy = EvaluationPolicy(0.0, 0.02, 0.95, 100)
    decision = decide(problem_type, comparison, comparison, policy, is_initial_training=False)
    return make_report(
        problem_type,
        decision,
        comparison,
        comparison,
        champion_version="3",
        challenger_sha256="0" * 64,
        has_champion=True,
        removed_features=removed,
    )


@pytest.mark.parametrize(
    "problem_type", [ProblemType.BINARY_CLASSIFICATION, ProblemType.REGRESSION]
)
def test_every_sentence_of_the_summary_is_legal_package_metadata(problem_type: ProblemType) -> None:
    sentences = msgspec.to_builtins(_report(problem_type).summary)
    assert set(sentences) == {
        "decision_summary",
        "ranking_score",
        "proper_score",
        "golden_set",
        "evaluated_rows",
    }
    for sentence in sentences.values():
        assert ALLOWED.fullmatch(sentence), sentence


def test_a_report_that_is_read_back_is_the_same_report() -> None:
    report = _report(ProblemType.REGRESSION)
    assert read_evaluation_report(encode_report(report)) == report


def test_a_report_with_a_sentence_that_the_registry_refuses_is_not_read() -> None:
    content = msgspec.json.decode(encode_report(_report(ProblemType.REGRESSION)))
    for sentence in ("", "x" * 257, "95% of (a; b)"):
        content["summary"]["golden_set"] = sentence
        with pytest.raises(msgspec.ValidationError, match=r"\$\.summary\.golden_set"):
            read_evaluation_report(msgspec.json.encode(content))


def test_features_that_the_champion_lacks_are_in_the_sentence_on_the_rows() -> None:
    summary = _report(ProblemType.REGRESSION, ("rain", "snow")).summary
    assert summary.evaluated_rows.endswith("with version 3 without values of rain - snow")
    assert _report(ProblemType.REGRESSION).summary.evaluated_rows.endswith("with version 3")


def test_the_sentence_on_the_rows_says_how_many_days_the_intervals_are_of() -> None:
    by_day = _report(ProblemType.REGRESSION, times=np.arange(100) * 21_600.0)
    assert by_day.summary.evaluated_rows.startswith("100 holdout rows of 25 days and")
    assert (by_day.holdout.cluster_kind, by_day.holdout.clusters) == ("day", 25)
    assert _report(ProblemType.REGRESSION).summary.evaluated_rows.startswith("100 holdout rows and")
