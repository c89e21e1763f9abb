"""How good a model was, from outcomes by day: intervals of its scores."""

from driftloop.performance.confidence_intervals import (
    MIN_DAYS,
    ScoreInterval,
    learn_design_effects,
    score_intervals,
)

__all__ = ["MIN_DAYS", "ScoreInterval", "learn_design_effects", "score_intervals"]
