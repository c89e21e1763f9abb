"""The family of scikit-learn's histogram gradient boosting."""

from pathlib import Path

from pipelines.families.family import Family

FAMILY = Family(
    name="sklearn",
    image="sklearn",
    version="1.9-0",
    folder=Path(__file__).parent,
    hyperparameters={
        "max_iter": 200,
        "learning_rate": 0.08,
        "max_leaf_nodes": 31,
        "min_samples_leaf": 40,
        "l2_regularization": 1.0,
        "seed": 7,
    },
    warm_start=False,
)
