"""A row of which only some cells are written, each with its position."""

from dataclasses import dataclass

from driftloop.capture.line_counts import RejectedLineError, RejectReason


@dataclass(frozen=True, slots=True)
class SparseRow:
    """Cells by position, counted from 0."""

    cells: dict[int, str]

    def to_cells(self, columns: int) -> list[object]:
        """All cells of the row, None for those that are not written.

        Raises:
            RejectedLineError: A position is beyond the columns.
        """
        last = max(self.cells, default=-1)
        if last >= columns:
            raise RejectedLineError(
                RejectReason.COLUMN_COUNT_MISMATCH,
                f"index {last}, the model has {columns} columns from index 0 to {columns - 1}",
            )
        cells: list[object] = [None] * columns
        for position, cell in self.cells.items():
            cells[position] = cell
        return cells
