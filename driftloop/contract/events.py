"""Events that driftloop puts on the default bus (source ``driftloop``), and asks for.

Analysis Completed    one per judged version and window
Retraining Decided          one per decision of the gate, also "no"
Release Completed      promoted, rolled_back
Retraining Requested  a person asks for a retraining: {"model", "reason", "requested_by"}
"""

ANALYSIS_COMPLETED = "Analysis Completed"
RETRAINING_DECIDED = "Retraining Decided"
RELEASE_COMPLETED = "Release Completed"
RETRAINING_REQUESTED = "Retraining Requested"
