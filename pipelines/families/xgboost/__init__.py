"""The family of XGBoost's gradient boosted trees; supports a warm start."""

from pathlib import Path

from pipelines.families.family import Family

FAMILY = Family(
    name="xgboost",
    image="xgboost",
    version="3.2-0",
    folder=Path(__file__).parent,
    hyperparameters={
        "num_boost_round": 200,
        "eta": 0.1,
        "max_depth": 6,
        "min_child_weight": 5.0,
        "subsample": 0.9,
        "lambda": 1.0,
        "seed": 7,
    },
    warm_start=True,
)
