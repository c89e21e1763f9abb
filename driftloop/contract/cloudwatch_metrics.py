"""The CloudWatch metrics that driftloop publishes; a new metric is one row here.

All are in the namespace ``driftloop`` with the dimensions Environment and Model. PutMetricData is
not idempotent, so every alarm and widget uses the statistic Maximum.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CloudWatchMetric:
    """One published metric: its CloudWatch name and unit, and what it counts."""

    name: str
    unit: str
    meaning: str


DRIFT_DETECTED = CloudWatchMetric(
    "DriftDetected", "None", "1 if the window's verdict is drifted, else 0."
)
DRIFTED_FEATURES = CloudWatchMetric(
    "DriftedFeatures", "Count", "Features that drifted in the window."
)
PREDICTION_DRIFT_DETECTED = CloudWatchMetric(
    "PredictionDriftDetected", "None", "1 if the predictions drifted in the window, else 0."
)
PERSISTENT_DRIFT = CloudWatchMetric(
    "PersistentDrift",
    "None",
    "1 if the same feature or correlation drifted in M of the last N analyzed windows, or the last"
    " analyzed day drifted, else 0.",
)
PERSISTENT_PREDICTION_DRIFT = CloudWatchMetric(
    "PersistentPredictionDrift",
    "None",
    "1 if the predictions drifted in M of the last N analyzed windows or in the last analyzed day,"
    " else 0.",
)
DAILY_DRIFT_DETECTED = CloudWatchMetric(
    "DailyDriftDetected",
    "None",
    "1 if the day that the window completes drifted as a whole, else 0.",
)
DRIFT_FROM_TRAINING = CloudWatchMetric(
    "DriftFromTraining",
    "None",
    "Largest effect size by which the champion's last `monitoring.drift_from_training_days` days"
    " differ from its training data, once a day; 0 while it is not known.",
)
DATA_QUALITY_VIOLATIONS = CloudWatchMetric(
    "DataQualityViolations",
    "Count",
    "Constraints of the baseline that the window violates, except value ranges and categories of"
    " features that drifted: `DriftDetected` reports those.",
)
INVALID_DATA_DETECTED = CloudWatchMetric(
    "InvalidDataDetected", "None", "1 if the window's verdict is invalid_data, else 0."
)
RECORDS_ANALYZED = CloudWatchMetric(
    "RecordsAnalyzed", "Count", "Records of the window that were analyzed."
)
LINES_REJECTED = CloudWatchMetric(
    "LinesRejected", "Count", "Captured lines that could not be read."
)
LINES_REJECTED_SHARE = CloudWatchMetric(
    "LinesRejectedShare", "None", "Rejected lines divided by captured requests."
)
REQUESTS_CAPTURED = CloudWatchMetric(
    "RequestsCaptured", "Count", "Requests of the window found in the captured files."
)
CAPTURE_LOSS_SHARE = CloudWatchMetric(
    "CaptureLossShare",
    "None",
    "Share of the endpoint's requests that should have been captured and were not.",
)
HEARTBEAT = CloudWatchMetric("Heartbeat", "Count", "1 each time an analysis is published.")
DAYS_SINCE_VERDICT = CloudWatchMetric(
    "DaysSinceVerdict",
    "None",
    "Days since the end of the champion's last window or day with another verdict than"
    " insufficient_data, or since its promotion; once an hour.",
)
ANALYSIS_FAILED = CloudWatchMetric("AnalysisFailed", "Count", "1 each time an analysis fails.")
WINDOWS_GIVEN_UP = CloudWatchMetric(
    "WindowsGivenUp",
    "Count",
    "Windows whose analysis is not started automatically any more, each time an hourly check gives"
    " some up.",
)
RETRAINING_FAILED = CloudWatchMetric(
    "RetrainingFailed",
    "Count",
    "1 each time a pipeline execution fails, is lost, or can't be started.",
)
RETRAINING_OVERDUE = CloudWatchMetric(
    "RetrainingOverdue",
    "None",
    "1 while a pipeline execution runs longer than the limits of its steps allow; once an hour.",
)
WAITING_VERSION_DAYS = CloudWatchMetric(
    "WaitingVersionDays",
    "Count",
    "Days for which a version has been waiting for approval, or an approved one for its release; 0"
    " if none waits; once an hour.",
)
CHALLENGER_REJECTED = CloudWatchMetric(
    "ChallengerRejected", "Count", "1 each time evaluation rejects a challenger."
)
RELEASE_ROLLED_BACK = CloudWatchMetric(
    "ReleaseRolledBack", "Count", "1 each time a release is rolled back."
)
AUTOSCALING_FAILED = CloudWatchMetric(
    "AutoscalingFailed",
    "None",
    "1 if the endpoint's autoscaling could not be set as configured, else 0; once an hour.",
)

METRICS = (
    DRIFT_DETECTED,
    DRIFTED_FEATURES,
    PREDICTION_DRIFT_DETECTED,
    PERSISTENT_DRIFT,
    PERSISTENT_PREDICTION_DRIFT,
    DAILY_DRIFT_DETECTED,
    DRIFT_FROM_TRAINING,
    DATA_QUALITY_VIOLATIONS,
    INVALID_DATA_DETECTED,
    RECORDS_ANALYZED,
    LINES_REJECTED,
    LINES_REJECTED_SHARE,
    REQUESTS_CAPTURED,
    CAPTURE_LOSS_SHARE,
    HEARTBEAT,
    DAYS_SINCE_VERDICT,
    ANALYSIS_FAILED,
    WINDOWS_GIVEN_UP,
    RETRAINING_FAILED,
    RETRAINING_OVERDUE,
    WAITING_VERSION_DAYS,
    CHALLENGER_REJECTED,
    RELEASE_ROLLED_BACK,
    AUTOSCALING_FAILED,
)


def dimensions(environment: str, model: str) -> dict[str, str]:
    """The dimensions that every driftloop metric carries."""
    return {"Environment": environment, "Model": model}
