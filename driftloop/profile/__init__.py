"""Baselines, and profiles: mergeable counts of records on a baseline's binnings."""

from driftloop.profile.baseline import Baseline, fit_baseline
from driftloop.profile.profile import Profile, profile_batch

__all__ = ["Baseline", "Profile", "fit_baseline", "profile_batch"]
