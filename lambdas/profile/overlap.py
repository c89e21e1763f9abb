"""Files begun in the hour before a window are read for two windows, their bad lines counted in one.

A line that can't be read has no time of its own: it belongs to the window that its file was begun
in. For the next window it is as far outside as a record of the earlier hour.
"""

from dataclasses import replace

from driftloop.capture import Filtered, Tally


def counted_elsewhere(tally: Tally) -> Tally:
    """The tally with its rejected lines counted as outside of the window."""
    if not tally.rejected_lines:
        return tally
    outside = Tally(filtered={Filtered.OUTSIDE_WINDOW: tally.rejected_lines})
    return replace(tally, rejected={}) + outside
