"""Many plain rows of CSV as typed columns at once."""

from collections.abc import Sequence

from driftloop.capture.batch import Column, column_of
from driftloop.schema import Feature


def plain_columns(features: Sequence[Feature], rows: Sequence[str]) -> dict[str, Column]:
    """Columns of rows that each have one cell per feature, without quotes or line ends."""
    cells = ",".join(rows).split(",")
    step = len(features)
    return {
        feature.name: column_of(feature, cells[position::step])
        for position, feature in enumerate(features)
    }
