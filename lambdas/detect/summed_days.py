"""Days that are analyzed together, since the last of them has too few records."""

from dataclasses import dataclass

from driftloop.profile import Profile
from driftloop.window import DAY, Window


@dataclass(frozen=True, slots=True)
class SummedDays:
    """The sum of the profiles of some days, the last of which is analyzed."""

    profile: Profile
    window: Window
    own_records: int
    min_records: int

    @property
    def note(self) -> str:
        """What a reader of the report must know."""
        days = (self.window.end - self.window.start) // DAY
        return (
            f"The day has {self.own_records:,} records, and a verdict takes {self.min_records:,}."
            f" This report is on the {self.profile.records:,} records of the {days} days that end"
            " with it."
        )
