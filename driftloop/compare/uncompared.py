"""The score of a column that is not compared: what is there, and why nothing is said of it."""

from driftloop.compare.reference import Compared
from driftloop.compare.scores import ColumnScore
from driftloop.profile.categorical import CategoricalGrid
from driftloop.schema import Kind


def uncompared(name: str, column: Compared, why: str) -> ColumnScore:
    """A score without effect or evidence."""
    before, now = column.reference, column.current
    return ColumnScore(
        name=name,
        kind=Kind.CATEGORICAL if isinstance(column.grid, CategoricalGrid) else Kind.NUMERIC,
        rows=now.rows,
        missing=now.missing,
        metrics={},
        tests={},
        ks_error=None,
        shape_effect=None,
        shape_p=1.0,
        levels=(),
        missing_effect=None,
        missing_p=1.0,
        missing_shares=(before.missing / max(before.rows, 1), now.missing / max(now.rows, 1)),
        p_value=1.0,
        left_out=why,
    )
