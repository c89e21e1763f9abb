"""The case for or against a challenger, in words and in SageMaker's model-quality format."""

import math
import re
from typing import Any

from driftloop.evaluation import SCORES, ModelComparison, RegistrationDecision
from driftloop.evaluation.bootstrap import ConfidenceInterval, PairedScore
from driftloop.schema import ProblemType

MAX_VALUE_LENGTH = 256
"""Characters of a value in a model package's metadata."""

_ILLEGAL = re.compile(r"[^\w .:/=+\-@]")

_METRICS = {
    ProblemType.BINARY_CLASSIFICATION: "binary_classification_metrics",
    ProblemType.MULTICLASS_CLASSIFICATION: "multiclass_classification_metrics",
    ProblemType.REGRESSION: "regression_metrics",
}


def summary(
    problem: ProblemType,
    decision: RegistrationDecision,
    holdout: ModelComparison,
    golden: ModelComparison | None,
    rival: str,
) -> dict[str, str]:
    """Sentences for the registry's console, of the characters that its metadata allows."""
    titles = SCORES[problem]
    golden_words = "none" if golden is None else _pair(titles.ranking.title, golden.ranking)
    golden_rows = 0 if golden is None else golden.rows
    sentences = {
        "case": f"{decision.decision}: " + " / ".join(decision.reasons),
        "ranking": _pair(titles.ranking.title, holdout.ranking),
        "proper": _pair(titles.proper.title, holdout.proper),
        "golden": golden_words,
        "rows": f"{holdout.rows} held-out and {golden_rows} golden rows, against {rival}",
    }
    return {name: sanitize_metadata(sentence) for name, sentence in sentences.items()}


def sanitize_metadata(text: str) -> str:
    """The text in the characters and the length that a package's metadata allows."""
    plain = _ILLEGAL.sub(" ", text.replace("%", " percent").replace(";", " -"))
    return " ".join(plain.split())[:MAX_VALUE_LENGTH].strip() or "none"


def statistics(problem: ProblemType, holdout: ModelComparison) -> dict[str, Any]:
    """The challenger's scores in the form that the registry's model quality shows."""
    titles = SCORES[problem]
    pairs = ((titles.ranking.key, holdout.ranking), (titles.proper.key, holdout.proper))
    return {
        _METRICS[problem]: {
            key: {
                "value": finite(pair.challenger.value),
                "standard_deviation": finite(pair.challenger.error),
            }
            for key, pair in pairs
        }
    }


def score_details(
    problem: ProblemType, comparison: ModelComparison | None
) -> dict[str, Any] | None:
    """All scores of both models with their intervals, for plots and for the record."""
    if comparison is None:
        return None
    titles = SCORES[problem]
    return {
        "rows": comparison.rows,
        "ranking": {"score": titles.ranking.title, **_figures(comparison.ranking)},
        "proper": {"score": titles.proper.title, **_figures(comparison.proper)},
    }


def finite(value: float) -> float | None:
    """The number, or None where there is none: JSON has no word for it."""
    return value if math.isfinite(value) else None


def _figures(pair: PairedScore) -> dict[str, Any]:
    return {
        name: {key: finite(value) for key, value in interval.to_dict().items()}
        for name, interval in (
            ("champion", pair.champion),
            ("challenger", pair.challenger),
            ("difference", pair.difference),
        )
    }


def _pair(title: str, pair: PairedScore) -> str:
    return (
        f"{title} {pair.challenger.value:.4f} against {pair.champion.value:.4f}:"
        f" difference {_with_interval(pair.difference)}"
    )


def _with_interval(interval: ConfidenceInterval) -> str:
    return f"{interval.value:+.4f} from {interval.low:+.4f} to {interval.high:+.4f}"
