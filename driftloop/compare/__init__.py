"""A window's profile beside its baseline: how much each column differs, and how surely."""

from driftloop.compare.compare import compare, score_column
from driftloop.compare.describe import describe
from driftloop.compare.multivariate import PairChange
from driftloop.compare.scores import ColumnScore, LevelChange, Scores

__all__ = [
    "ColumnScore",
    "LevelChange",
    "PairChange",
    "Scores",
    "compare",
    "describe",
    "score_column",
]
