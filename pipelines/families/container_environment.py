"""Environment variables of the containers that train and serve the models of every family."""

OFFLINE_INSTALLATION = {"PIP_NO_BUILD_ISOLATION": "0"}
"""Lets a container without a network install its own code.

The toolkit sagemaker-containers, which serves in both images and trains in the XGBoost image, runs
``pip install .`` on the code at the start (sagemaker-containers 2.8.6.post2, ``_modules.install``).
By default pip builds in an isolated environment, for which it downloads setuptools. pip inverts the
value of an option whose name begins with ``no``: 0 turns the isolation off (pypa/pip#5735). The
build then uses the setuptools of the image.
"""

TRAINING_ENVIRONMENT = dict(OFFLINE_INSTALLATION)

SERVING_ENVIRONMENT = {
    **OFFLINE_INSTALLATION,
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "*/*",
}
"""Of every model package. The inference code is part of the model archive, where train.py put it.

A request without ``Accept`` gets the predictions in its own content type. For such a request, and
for ``*/*``, the toolkit passes the value of SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT to ``output_fn``.
Without the variable it passes ``application/json``, the same as for a client that asks for JSON
(sagemaker-containers 2.8.6.post2, ``_worker.Request.accept``).
"""
