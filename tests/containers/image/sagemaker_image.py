"""What AWS's images have between SageMaker's toolkits and a family's scripts.

In the images these are the packages sagemaker_sklearn_container and sagemaker_xgboost_container,
which no registry has. This module calls the toolkits as they do for a script: training.py and
serving.py of github.com/aws/sagemaker-scikit-learn-container and of
github.com/aws/sagemaker-xgboost-container.
"""

import importlib
import os
import sys
from collections.abc import Iterable
from typing import Any

FUNCTIONS = ("model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn")

_applications: list[Any] = []
"""The application of this process, made with the first request."""


def train_sklearn() -> None:
    """The scikit-learn image trains with sagemaker-training."""
    from sagemaker_training import entry_point, environment, runner

    job = environment.Environment()
    entry_point.run(
        uri=job.module_dir,
        user_entry_point=job.user_entry_point,
        args=job.to_cmd_args(),
        env_vars=job.to_env_vars(),
        runner_type=runner.ProcessRunnerType,
    )


def train_xgboost() -> None:
    """The XGBoost image trains with sagemaker-containers."""
    from sagemaker_containers.beta import framework

    job = framework.training_env()
    framework.modules.run_module(
        job.module_dir, job.to_cmd_args(), job.to_env_vars(), job.module_name, capture_error=False
    )
    sys.exit(0)


def start_server() -> None:
    """Both images serve with sagemaker-containers."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the XGBoost image's default
    from sagemaker_containers.beta.framework import env, server

    server.start(env.ServingEnv().framework_module)


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The web application that gunicorn serves."""
    if not _applications:
        _applications.append(_build())
    answer: Iterable[bytes] = _applications[0](environ, start_response)
    return answer


def _build() -> Any:
    from sagemaker_containers.beta.framework import env, transformer, worker

    name = env.ServingEnv().module_name
    script = importlib.import_module(name)
    functions = {each: getattr(script, each) for each in FUNCTIONS if hasattr(script, each)}
    chain = transformer.Transformer(**functions)
    chain.initialize()
    return worker.Worker(transform_fn=chain.transform, module_name=name)
