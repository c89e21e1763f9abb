"""CSV: rows of text cells, quoted if they hold commas or line ends; empty lines are ignored."""

import csv
import io

from driftloop.capture.line_counts import RejectedLineError, RejectReason


def read(text: str) -> list[list[str]]:
    """Rows of cells; a header row, if there is one, is the first row."""
    lines = io.StringIO(text, newline="")
    try:
        return [row for row in csv.reader(lines, strict=True, skipinitialspace=True) if row]
    except csv.Error as error:
        raise RejectedLineError(RejectReason.UNREADABLE_PAYLOAD, f"not CSV: {error}") from error
