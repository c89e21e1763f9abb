"""The CloudWatch metrics that driftloop publishes: a new metric is one row here.

All are in the namespace ``driftloop`` with the dimensions Environment and Model. PutMetricData is
not idempotent, so every alarm and widget reads the Maximum.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CloudWatchMetric:
    """One published metric: its CloudWatch name and unit, and what it counts."""

    name: str
    unit: str
    meaning: str


DRIFT_DETECTED = CloudWatchMetric(
    "Drift", "None", "1 where the window's verdict is drifted, else 0."
)
DRIFTED_FEATURES = CloudWatchMetric(
    "DriftedFeatures", "Count", "Features that drifted in the window."
)
PREDICTION_DRIFT_DETECTED = CloudWatchMetric(
    "PredictionDrift", "None", "1 where the predictions drifted, else 0."
)
PERSISTENT_DRIFT = CloudWatchMetric(
    "PersistentDrift",
    "None",
    "1 where the same feature drifted in M of the last N judged windows, or the last judged day"
    " drifted, else 0.",
)
PERSISTENT_PREDICTION_DRIFT = CloudWatchMetric(
    "PersistentPredictionDrift", "None", "The same of the predictions: 1 where it lasts, else 0."
)
DAILY_DRIFT_DETECTED = CloudWatchMetric(
    "DayDrift", "None", "1 where the day that the window closes drifted as a whole, else 0."
)
DATA_QUALITY_VIOLATIONS = CloudWatchMetric(
    "DataQualityViolations",
    "Count",
    "Constraints of the baseline that the window violates; not ranges and levels of features that"
    " drifted, which `Drift` tells of.",
)
INVALID_DATA_DETECTED = CloudWatchMetric(
    "InvalidData", "None", "1 where the verdict is invalid_data, else 0."
)
RECORDS_ANALYZED = CloudWatchMetric(
    "RecordsUsed", "Count", "Records that the window was judged on."
)
LINES_REJECTED = CloudWatchMetric(
    "RecordsRejected", "Count", "Captured lines that could not be used."
)
LINES_REJECTED_SHARE = CloudWatchMetric(
    "RejectedShare", "None", "Rejected lines among all that were read."
)
REQUESTS_CAPTURED = CloudWatchMetric(
    "CapturedEvents", "Count", "Requests found in the captured files."
)
CAPTURE_LOSS_SHARE = CloudWatchMetric(
    "CaptureLoss",
    "None",
    "Share of the endpoint's requests that should have been captured and were not.",
)
HEARTBEAT = CloudWatchMetric("Heartbeat", "Count", "1 each time an analysis has been published.")
ANALYSIS_FAILED = CloudWatchMetric("AnalysisFailed", "Count", "1 each time an analysis has failed.")
RETRAINING_FAILED = CloudWatchMetric(
    "RetrainingFailed", "Count", "1 each time a pipeline run has failed."
)
CHALLENGER_REJECTED = CloudWatchMetric(
    "ChallengerRefused", "Count", "1 each time evaluation said no."
)
RELEASE_ROLLED_BACK = CloudWatchMetric(
    "ReleaseRolledBack", "Count", "1 each time a release was rolled back."
)

METRICS = (
    DRIFT_DETECTED,
    DRIFTED_FEATURES,
    PREDICTION_DRIFT_DETECTED,
    PERSISTENT_DRIFT,
    PERSISTENT_PREDICTION_DRIFT,
    DAILY_DRIFT_DETECTED,
    DATA_QUALITY_VIOLATIONS,
    INVALID_DATA_DETECTED,
    RECORDS_ANALYZED,
    LINES_REJECTED,
    LINES_REJECTED_SHARE,
    REQUESTS_CAPTURED,
    CAPTURE_LOSS_SHARE,
    HEARTBEAT,
    ANALYSIS_FAILED,
    RETRAINING_FAILED,
    CHALLENGER_REJECTED,
    RELEASE_ROLLED_BACK,
)


def dimensions(environment: str, model: str) -> dict[str, str]:
    """The dimensions that every driftloop metric carries."""
    return {"Environment": environment, "Model": model}
