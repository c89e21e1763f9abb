"""CSV: rows of text cells, quoted if they hold commas or line ends; empty lines are ignored."""

import csv
import io

from driftloop.capture.line_counts import RejectedLineError, RejectReason
from driftloop.capture.lines import MAX_LINE_LENGTH

# Python's csv module takes 131,072 characters for a cell by default, and JSON has no
# limit: what a payload means must not depend on its format. The limit is one for the process.
csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE_LENGTH))


def read(text: str) -> list[list[str]]:
    """Rows of cells; a header row, if there is one, is the first row."""
    lines = io.StringIO(text, newline="")
    try:
        return [row for row in csv.reader(lines, strict=True, skipinitialspace=True) if row]
    except csv.Error as error:
        raise RejectedLineError(RejectReason.UNREADABLE_PAYLOAD, f"not CSV: {error}") from error
