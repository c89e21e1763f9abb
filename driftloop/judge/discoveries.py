"""Which columns' changes are sure, and how large their sure changes are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from driftloop.compare import ColumnScore
from driftloop.compare.compare import TESTS
from driftloop.judge.benjamini_hochberg import cutoff, q_values, weighted, weights
from driftloop.judge.policy import Floors, Policy


class Discovery(NamedTuple):
    """Whether a column's change is sure; ``bound`` is what each of its tests must not exceed."""

    found: bool
    q_value: float
    bound: float


def weights_of(names: Sequence[str], policy: Policy) -> dict[str, float]:
    """The weight of each of the columns that are judged together, 1 on average."""
    return dict(zip(names, weights([policy.importance.get(n, 1.0) for n in names]), strict=True))


def discoveries(p_values: Mapping[str, float], policy: Policy) -> dict[str, Discovery]:
    """Benjamini-Hochberg over all columns, weighted by importance."""
    weight = list(weights_of(list(p_values), policy).values())
    found = _among(list(p_values.values()), weight, policy.false_discovery_rate)
    return dict(zip(p_values, found, strict=True))


def discovery_alone(p_value: float, columns: int, policy: Policy, weight: float) -> Discovery:
    """The same for a column of this weight among ``columns``, of which no other has changed."""
    p_values = [p_value, *[1.0] * (columns - 1)]
    return _among(p_values, [weight] * columns, policy.false_discovery_rate)[0]


def _among(p_values: Sequence[float], weight: Sequence[float], rate: float) -> list[Discovery]:
    taken = [weighted(p, w, rate) for p, w in zip(p_values, weight, strict=True)]
    limit = cutoff(taken, rate)
    return [
        Discovery(p <= limit, q, min(limit * w, rate) / TESTS)
        for p, q, w in zip(taken, q_values(taken), weight, strict=True)
    ]


def strength(score: ColumnScore, bound: float, floors: Floors) -> float:
    """The largest of the changes that are sure by their own test, in floors; 0 without any."""
    return max(_sure(score, bound, floors), default=0.0)


def _sure(score: ColumnScore, bound: float, floors: Floors) -> Iterator[float]:
    if score.shape_p <= bound and score.shape_effect is not None:
        yield score.shape_effect / floors.effect
    for level in score.levels:
        if level.p_value <= bound:
            yield level.effect / floors.of_level(level)
    if score.missing_p <= bound and score.missing_effect is not None:
        yield score.missing_effect / floors.share
