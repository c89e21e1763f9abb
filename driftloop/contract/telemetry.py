"""The CloudWatch metrics that driftloop publishes: a new metric is one row here.

All are in the namespace ``driftloop`` with the dimensions Environment and Model. PutMetricData is
not idempotent, so every alarm and widget reads the Maximum.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """One published metric: its CloudWatch name and unit, and what it counts."""

    name: str
    unit: str
    meaning: str


DRIFT = Metric("Drift", "None", "1 where the window's verdict is drifted, else 0.")
DRIFTED_FEATURES = Metric("DriftedFeatures", "Count", "Features that drifted in the window.")
PREDICTION_DRIFT = Metric("PredictionDrift", "None", "1 where the predictions drifted, else 0.")
PERSISTENT_DRIFT = Metric(
    "PersistentDrift",
    "None",
    "1 where the same feature drifted in M of the last N judged windows, or the last judged day"
    " drifted, else 0.",
)
PERSISTENT_PREDICTION_DRIFT = Metric(
    "PersistentPredictionDrift", "None", "The same of the predictions: 1 where it lasts, else 0."
)
DAY_DRIFT = Metric(
    "DayDrift", "None", "1 where the day that the window closes drifted as a whole, else 0."
)
QUALITY_VIOLATIONS = Metric(
    "DataQualityViolations",
    "Count",
    "Constraints of the baseline that the window violates; not ranges and levels of features that"
    " drifted, which `Drift` tells of.",
)
INVALID_DATA = Metric("InvalidData", "None", "1 where the verdict is invalid_data, else 0.")
RECORDS_USED = Metric("RecordsUsed", "Count", "Records that the window was judged on.")
RECORDS_REJECTED = Metric("RecordsRejected", "Count", "Captured lines that could not be used.")
REJECTED_SHARE = Metric("RejectedShare", "None", "Rejected lines among all that were read.")
CAPTURED_EVENTS = Metric("CapturedEvents", "Count", "Requests found in the captured files.")
CAPTURE_LOSS = Metric(
    "CaptureLoss",
    "None",
    "Share of the endpoint's requests that should have been captured and were not.",
)
HEARTBEAT = Metric("Heartbeat", "Count", "1 each time an analysis has been published.")
ANALYSIS_FAILED = Metric("AnalysisFailed", "Count", "1 each time an analysis has failed.")
RETRAINING_FAILED = Metric("RetrainingFailed", "Count", "1 each time a pipeline run has failed.")
CHALLENGER_REFUSED = Metric("ChallengerRefused", "Count", "1 each time evaluation said no.")
RELEASE_ROLLED_BACK = Metric("ReleaseRolledBack", "Count", "1 each time a release was rolled back.")

METRICS = (
    DRIFT,
    DRIFTED_FEATURES,
    PREDICTION_DRIFT,
    PERSISTENT_DRIFT,
    PERSISTENT_PREDICTION_DRIFT,
    DAY_DRIFT,
    QUALITY_VIOLATIONS,
    INVALID_DATA,
    RECORDS_USED,
    RECORDS_REJECTED,
    REJECTED_SHARE,
    CAPTURED_EVENTS,
    CAPTURE_LOSS,
    HEARTBEAT,
    ANALYSIS_FAILED,
    RETRAINING_FAILED,
    CHALLENGER_REFUSED,
    RELEASE_ROLLED_BACK,
)


def dimensions(environment: str, model: str) -> dict[str, str]:
    """The dimensions that every driftloop metric carries."""
    return {"Environment": environment, "Model": model}
