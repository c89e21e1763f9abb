"""Expected calibration error: how far predicted probabilities are from the shares that came true.

    ECE = sum_g |sum of p - events| / n

over the groups of scores that the baseline froze, which have about equal sizes there. So few groups
average over what is within them: ECE is at most the mean |p - P(event | p)|. Naeini, Cooper and
Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015, there with
bins of equal width; of equal mass: Nguyen and O'Connor, EMNLP 2015. Of several classes: of the
predicted class's probability (Guo et al., "On calibration of modern neural networks", ICML 2017).

Chance alone makes it greater than 0, about sqrt(2 p (1 - p) g / (pi n)) with g groups.
"""

import numpy as np

from driftloop.outcomes.fixed_point import MEAN_ERROR
from driftloop.outcomes.score_sums import BinarySums, MulticlassSums, ScoreValue


def calibration_error(sums: BinarySums | MulticlassSums) -> ScoreValue:
    """ECE in [0, 1]."""
    calibration = sums.calibration
    if calibration is None:
        return ScoreValue.not_defined("the probability of the predicted class is not known")
    if sums.outside:
        return ScoreValue.not_defined(f"scores that are no probabilities: {sums.outside:,}")
    rows = float(calibration.rows.sum())
    if not rows > 0:
        return ScoreValue.not_defined("no record has a label")
    distance = float(np.abs(calibration.probabilities - calibration.events).sum())
    return ScoreValue(distance / rows, MEAN_ERROR)
