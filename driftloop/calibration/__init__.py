"""What the rule would do on live traffic, measured before there is any: from the baseline alone."""

from driftloop.calibration.calibration import calibrate
from driftloop.calibration.false_alarms import FalseAlarms
from driftloop.calibration.power import DetectableChange
from driftloop.calibration.result import Calibration

__all__ = ["Calibration", "DetectableChange", "FalseAlarms", "calibrate"]
