"""What users call from Python; ``driftloop`` exports it under the same names."""

from driftloop.api.baseline import Baseline
from driftloop.api.captured import build_profile, read_capture
from driftloop.api.features import infer_features

__all__ = [
    "Baseline",
    "build_profile",
    "infer_features",
    "read_capture",
]
