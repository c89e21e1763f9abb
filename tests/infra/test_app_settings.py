"""What the synthesis refuses in driftloop.yaml: it knows the families, and lists every problem."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from driftloop.errors import ConfigError
from infra.app import make_app
from infra.app_settings import load_settings


def _problems(models: dict[str, dict[str, Any]], folder: Path) -> list[str]:
    model = {
        "problem_type": "regression",
        "features": {"age": "numeric"},
        "target": "label",
        "training_data": "train.csv",
    }
    path = folder / "driftloop.yaml"
    merged = {name: {**model, **settings} for name, settings in models.items()}
    path.write_text(yaml.safe_dump({"models": merged}, sort_keys=False))
    context = {"driftloop:config": str(path), "driftloop:target": "host"}
    with pytest.raises(ConfigError) as caught:
        load_settings(make_app(outdir=str(folder / "out"), validate=False, **context))
    return [str(problem) for problem in caught.value.problems]


def test_settings_that_a_family_does_not_support_are_listed_for_every_model(
    tmp_path: Path,
) -> None:
    training = {"warm_start": True, "hyperparameters": {"max_itr": 5, "device": "cuda"}}
    warm_start, max_itr, device, other = _problems(
        {
            "credit": {"family": "sklearn", "training": training},
            "churn": {"family": "xgboost", "training": {"hyperparameters": {"gamma": 1}}},
        },
        tmp_path,
    )
    assert warm_start.startswith("models.credit.training.warm_start: sklearn trains from scratch")
    assert max_itr.startswith("models.credit.training.hyperparameters.max_itr: is not")
    assert "there are max_iter, learning_rate" in max_itr
    assert max_itr.endswith("did you mean 'max_iter'?")
    assert device.startswith("models.credit.training.hyperparameters.device: is not")
    assert other.startswith("models.churn.training.hyperparameters.gamma: is not")
    assert "of xgboost; there are num_boost_round, eta" in other


def test_an_unknown_family_is_a_problem_of_the_file(tmp_path: Path) -> None:
    [problem] = _problems({"credit": {"family": "prophet"}}, tmp_path)
    assert problem.startswith("models.credit.family: is not a model family; there are sklearn")
