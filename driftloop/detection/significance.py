"""Which columns' changes are sure, and how large their sure changes are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from driftloop.comparison import ColumnComparison
from driftloop.comparison.profiles import TESTS_PER_COLUMN
from driftloop.detection.benjamini_hochberg import cutoff, q_values, weighted_p_value, weights
from driftloop.detection.policy import DriftPolicy, MinEffectSizes


class SignificanceResult(NamedTuple):
    """Whether a column's change is sure; ``bound`` is what each of its tests must not exceed."""

    is_significant: bool
    q_value: float
    p_value_cutoff: float


def normalized_weights(names: Sequence[str], policy: DriftPolicy) -> dict[str, float]:
    """The weight of each of the columns that are judged together, 1 on average."""
    return dict(
        zip(names, weights([policy.feature_weights.get(n, 1.0) for n in names]), strict=True)
    )


def assess_significance(
    p_values: Mapping[str, float], policy: DriftPolicy
) -> dict[str, SignificanceResult]:
    """Benjamini-Hochberg over all columns, weighted by importance."""
    weight = list(normalized_weights(list(p_values), policy).values())
    found = _among(list(p_values.values()), weight, policy.false_discovery_rate)
    return dict(zip(p_values, found, strict=True))


def assess_single_column(
    p_value: float, columns: int, policy: DriftPolicy, weight: float
) -> SignificanceResult:
    """The same for a column of this weight among ``columns``, of which no other has changed."""
    p_values = [p_value, *[1.0] * (columns - 1)]
    return _among(p_values, [weight] * columns, policy.false_discovery_rate)[0]


def _among(
    p_values: Sequence[float], weight: Sequence[float], rate: float
) -> list[SignificanceResult]:
    taken = [weighted_p_value(p, w, rate) for p, w in zip(p_values, weight, strict=True)]
    limit = cutoff(taken, rate)
    return [
        SignificanceResult(p <= limit, q, min(limit * w, rate) / TESTS_PER_COLUMN)
        for p, q, w in zip(taken, q_values(taken), weight, strict=True)
    ]


def relative_effect_size(
    score: ColumnComparison, bound: float, min_effect_sizes: MinEffectSizes
) -> float:
    """The largest of the changes that are sure by their own test, in floors; 0 without any."""
    return max(_sure(score, bound, min_effect_sizes), default=0.0)


def _sure(
    score: ColumnComparison, bound: float, min_effect_sizes: MinEffectSizes
) -> Iterator[float]:
    if score.distribution_p_value <= bound and score.distribution_effect is not None:
        yield score.distribution_effect / min_effect_sizes.distribution
    for category in score.categories:
        if category.p_value <= bound:
            yield category.effect_size / min_effect_sizes.for_category(category)
    if score.missing_p_value <= bound and score.missing_effect is not None:
        yield score.missing_effect / min_effect_sizes.share
