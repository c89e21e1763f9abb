import re

import numpy as np
import pytest

from driftloop.evaluation import EvaluationPolicy, GroundTruthValues, compare_models, decide
from driftloop.schema import ProblemType
from pipelines.steps.evaluation_report import sanitize_metadata, score_details, statistics, summary

# CustomerMetadataValue of the SageMaker API
ALLOWED = re.compile(r"[\w\s.:/=+\-@]{1,256}")


def _everything(problem: ProblemType) -> tuple[dict[str, str], dict[str, object]]:
    draw = np.random.default_rng(2)
    truth = GroundTruthValues(problem, draw.integers(0, 2, 100).astype(float))
    compared = compare_models(
        truth, draw.uniform(size=100), draw.uniform(size=100), samples=100, confidence=0.95
    )
    policy = EvaluationPolicy(0.0, 0.02, 0.95, 100)
    decision = decide(problem, compared, compared, policy, first_run=False)
    made = summary(problem, decision, compared, compared, "version 3")
    return made, {**statistics(problem, compared), "figures": score_details(problem, compared)}


@pytest.mark.parametrize("problem", [ProblemType.BINARY_CLASSIFICATION, ProblemType.REGRESSION])
def test_every_sentence_may_stand_in_a_packages_metadata(problem: ProblemType) -> None:
    sentences, _ = _everything(problem)
    assert set(sentences) == {"case", "ranking", "proper", "golden", "rows"}
    for sentence in sentences.values():
        assert ALLOWED.fullmatch(sentence), sentence


def test_words_keep_their_sense_within_the_legal_characters() -> None:
    assert sanitize_metadata("95% (a to b); c, d") == "95 percent a to b - c d"
    assert sanitize_metadata("") == "none"
    assert len(sanitize_metadata("x" * 1000)) == 256


def test_statistics_are_in_the_form_of_model_quality() -> None:
    _, content = _everything(ProblemType.BINARY_CLASSIFICATION)
    quality = content["binary_classification_metrics"]
    assert isinstance(quality, dict)
    assert set(quality["auc"]) == {"value", "standard_deviation"}
