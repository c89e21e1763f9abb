"""Content types of requests and predictions: what the families read and write.

The model registry declares them, and data capture stores them as text: it encodes payloads of any
other content type as BASE64 (SageMaker API reference, DataCaptureConfig). Every family answers in
each of them.
"""

CSV_CONTENT_TYPES = ("text/csv",)
JSON_CONTENT_TYPES = ("application/json", "application/jsonlines")

LIBSVM_CONTENT_TYPES = ("text/libsvm", "text/x-libsvm")
"""Sparse rows, which SageMaker's XGBoost takes as well (SageMaker developer guide, "XGBoost
algorithm"; aws/sagemaker-xgboost-container, xgb_content_types.py). The families do not."""

CONTENT_TYPES = CSV_CONTENT_TYPES + JSON_CONTENT_TYPES
"""All of them, in the order of preference."""
