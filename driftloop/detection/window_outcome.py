"""What later windows need to know of an analyzed window: its verdict, and what drifted in it."""

from collections.abc import Mapping, Sequence

import msgspec

from driftloop.detection.verdict import WindowVerdict
from driftloop.seasonality.hourly_counts import PREDICTION
from driftloop.window import Window


class WindowOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one window (or day): verdict, drifted columns, effect sizes.

    ``effect_sizes`` holds the finite effect sizes of features by name; they draw the trend.
    ``drift_from_training`` has those of the last days as a whole, by column, where they are known.
    """

    window: Window
    verdict: WindowVerdict
    drifted_features: tuple[str, ...] = ()
    prediction_drifted: bool = False
    drifted_pair: tuple[str, str] | None = None
    effect_sizes: Mapping[str, float] = {}
    drift_from_training: Mapping[str, float] = {}

    @property
    def drifted_columns(self) -> tuple[str, ...]:
        """Features that drifted, the prediction as ``(prediction)``, and a pair of features whose
        correlation or association drifted by :func:`pair_name`."""
        prediction = (PREDICTION,) if self.prediction_drifted else ()
        pair = () if self.drifted_pair is None else (pair_name(self.drifted_pair),)
        return (*self.drifted_features, *prediction, *pair)


def pair_name(pair: Sequence[str]) -> str:
    """The name of a pair of features whose correlation or association drifted."""
    return f"(association of {pair[0]} and {pair[1]})"
