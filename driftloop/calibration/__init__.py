"""Calibration: simulates the rule on draws from a baseline, before there is live traffic."""

from driftloop.calibration.calibration import calibrate
from driftloop.calibration.false_alarms import FalseAlarms
from driftloop.calibration.power import DetectableChange
from driftloop.calibration.result import Calibration

__all__ = ["Calibration", "DetectableChange", "FalseAlarms", "calibrate"]
