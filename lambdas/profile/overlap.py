"""Files begun in the hour before a window are read for two windows, their bad lines counted in one.

A line that can't be read has no time of its own: it belongs to the window that its file was begun
in. For the next window it is as far outside as a record of the earlier hour.
"""

from dataclasses import replace

from driftloop.capture import LineCounts, SkipReason


def without_rejected_lines(line_counts: LineCounts) -> LineCounts:
    """The tally with its rejected lines counted as outside of the window."""
    if not line_counts.rejected_lines:
        return line_counts
    outside = LineCounts(skipped={SkipReason.OUTSIDE_WINDOW: line_counts.rejected_lines})
    return replace(line_counts, rejected={}) + outside
