"""What a report says about drift from training: how far the last days are from that data."""

import math
from collections.abc import Sequence

from driftloop.daily.drift_from_training import (
    MIN_DAYS_SHARE,
    ColumnDriftFromTraining,
    DriftFromTraining,
)
from driftloop.detection.policy import DriftPolicy
from driftloop.report.formatting import format_number, plural
from driftloop.seasonality.hourly_counts import PREDICTION

_MONTHS = "January February March April May June July August September October November December"


def ranked_columns(found: DriftFromTraining) -> Sequence[tuple[str, ColumnDriftFromTraining]]:
    """All columns, the one furthest from the training data first."""
    return sorted(
        found.columns.items(),
        key=lambda item: (-item[1].persistent_effect_size, -item[1].effect_size, item[0]),
    )


def drift_from_training_text(found: DriftFromTraining, policy: DriftPolicy) -> str:
    """The figure in one or two sentences."""
    if not found.columns:
        required = math.ceil(MIN_DAYS_SHARE * found.max_days)
        return (
            f"Drift from training is not known yet: {found.days} of the last {found.max_days} days"
            f" have records, and {required} days are needed."
        )
    over = (
        f"Over the last {found.max_days} days ({plural(found.days, 'day')} with"
        f" {plural(found.records, 'record')})"
    )
    name, furthest = ranked_columns(found)[0]
    size = furthest.persistent_effect_size
    if not size:
        return f"{over} no column is significantly away from {_reference(found)}."
    column = "the predictions are" if name == PREDICTION else f"{name} is"
    return (
        f"{over} {column} furthest from {_reference(found)}: effect size"
        f" {format_number(round(size, 2))}. {_consequence(found, policy)}"
    )


def _reference(found: DriftFromTraining) -> str:
    if not found.months:
        return "the training data"
    names = _MONTHS.split()
    return f"the training data of {' and '.join(names[month - 1] for month in found.months)}"


def _consequence(found: DriftFromTraining, policy: DriftPolicy) -> str:
    least = policy.min_drift_from_training
    if least is None:
        return "No alarm is set on it (monitoring.min_drift_from_training)."
    if found.largest(policy.feature_weights) >= least:
        return (
            f"From {format_number(least)} the gate is invoked for a retraining; it is no part of"
            " the verdict."
        )
    return f"The gate is invoked for a retraining from {format_number(least)}."
