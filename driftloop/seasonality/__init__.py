"""Hour-of-week profiles of a baseline, and the adjustments fitted on them."""

from driftloop.profile.baseline import register_seasonality_decoder
from driftloop.seasonality.adjustments import Adjustment, Adjustments
from driftloop.seasonality.hour_of_week import HourOfWeekProfile

__all__ = ["Adjustment", "Adjustments", "HourOfWeekProfile"]

register_seasonality_decoder(HourOfWeekProfile.from_bytes)
