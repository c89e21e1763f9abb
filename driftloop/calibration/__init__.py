"""What the rule would do on live traffic, measured before there is any: from the baseline alone."""

from driftloop.calibration.calibration import Calibration, calibrate
from driftloop.calibration.false_alarms import FalseAlarms
from driftloop.calibration.power import DetectableChange

__all__ = ["Calibration", "DetectableChange", "FalseAlarms", "calibrate"]
