"""Labeled predictions as mergeable counts, from which every score is computed."""

from driftloop.outcomes.binary import BinaryOutcomes, count_binary, zero_binary
from driftloop.outcomes.binning import (
    BinaryBinning,
    MulticlassBinning,
    OutcomeBinning,
    RegressionBinning,
    binary_binning_of,
    binning_from_bytes,
    fit_binary_binning,
    fit_multiclass_binning,
    fit_regression_binning,
)
from driftloop.outcomes.label_age import AGE_LIMITS, AGES
from driftloop.outcomes.multiclass import MulticlassOutcomes, zero_multiclass
from driftloop.outcomes.multiclass_counting import count_multiclass
from driftloop.outcomes.regression import RegressionOutcomes, count_regression, zero_regression
from driftloop.outcomes.rows import UNLABELED
from driftloop.outcomes.segments import (
    SegmentCodes,
    SegmentColumn,
    SegmentCounts,
    segment_column,
    segment_columns,
)
from driftloop.outcomes.stored import Outcomes, outcomes_from_bytes, outcomes_to_bytes

__all__ = [
    "AGES",
    "AGE_LIMITS",
    "UNLABELED",
    "BinaryBinning",
    "BinaryOutcomes",
    "MulticlassBinning",
    "MulticlassOutcomes",
    "OutcomeBinning",
    "Outcomes",
    "RegressionBinning",
    "RegressionOutcomes",
    "SegmentCodes",
    "SegmentColumn",
    "SegmentCounts",
    "binary_binning_of",
    "binning_from_bytes",
    "count_binary",
    "count_multiclass",
    "count_regression",
    "fit_binary_binning",
    "fit_multiclass_binning",
    "fit_regression_binning",
    "outcomes_from_bytes",
    "outcomes_to_bytes",
    "segment_column",
    "segment_columns",
    "zero_binary",
    "zero_multiclass",
    "zero_regression",
]
