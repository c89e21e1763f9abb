"""The result of a calibration as a type, and its JSON.

The JSON has the names of the fields below, in their order. Equal inputs give equal bytes.
"""

from collections.abc import Mapping
from typing import Final, Literal, Self

import msgspec

from driftloop.calibration.power import DetectableChange
from driftloop.confidence_intervals import binomial_interval, poisson_interval
from driftloop.daily.sensitivity import ColumnSensitivity
from driftloop.detection import DriftPolicy

FORMAT_VERSION: Final = 2


class WindowShare(msgspec.Struct, frozen=True, kw_only=True):
    """``count`` of the simulated windows, its share, and the 95% interval of the share."""

    count: int
    share: float
    interval: tuple[float, float]

    @classmethod
    def from_count(cls, count: int, windows: int) -> Self:
        """The share of ``windows``, with its Clopper-Pearson interval."""
        return cls(count=count, share=count / windows, interval=binomial_interval(count, windows))


class AlarmRate(msgspec.Struct, frozen=True, kw_only=True):
    """Changes into alarm, per month, and the 95% interval of the mean."""

    count: int
    mean: float
    interval: tuple[float, float]

    @classmethod
    def from_count(cls, count: int, months: float) -> Self:
        """The alarms per month, with the interval of a Poisson count."""
        low, high = poisson_interval(count)
        return cls(count=count, mean=count / months, interval=(low / months, high / months))


class DailyReplay(msgspec.Struct, frozen=True, kw_only=True):
    """The daily rule on training days, each held against the days before it.

    ``alarm_days`` are all days in alarm; the ``alarms_per_month`` of the calibration are changes
    into alarm. ``columns`` has the days in alarm by column, without columns that had none.
    """

    days: int
    alarm_days: WindowShare
    columns: Mapping[str, int]


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule would do on live traffic of ``records_per_window``.

    ``alarms_per_month`` are changes into alarm. ``windows_in_alarm`` are the windows during which
    the alarm lasts, ``significant_windows`` have a column with a statistically significant change,
    ``drifted_windows`` the verdict drifted: all of simulated windows without drift. ``power`` is
    the share of windows in which a minimum detectable change is detected.

    A baseline with training days is decided by the daily rule: nothing is simulated, ``replay`` has
    the replayed days (None if they are too few), and ``sensitivity`` the smallest changes that are
    found. ``clock_features`` are those that follow the clock of ``time_zone``, with
    what they hold.
    """

    format_version: Literal[2] = FORMAT_VERSION
    model: str
    policy: DriftPolicy
    reference_records: int
    records_per_window: int
    simulated_months: int
    simulated_windows: int
    significant_windows: WindowShare | None = None
    drifted_windows: WindowShare | None = None
    windows_in_alarm: WindowShare | None = None
    alarms_per_month: AlarmRate | None
    power: float
    minimum_detectable_changes: tuple[DetectableChange, ...]
    replay: DailyReplay | None = None
    sensitivity: tuple[ColumnSensitivity, ...] = ()
    time_zone: str = "UTC"
    clock_features: Mapping[str, str] = {}
    notes: tuple[str, ...]

    @property
    def is_daily(self) -> bool:
        """Whether the daily rule decides."""
        return not self.simulated_windows

    def to_json(self, *, indent: int = 0) -> bytes:
        """The calibration as UTF-8 JSON; ``indent`` spaces per level, 0 for one line."""
        data = msgspec.json.encode(self)
        return msgspec.json.format(data, indent=indent) + b"\n" if indent else data
