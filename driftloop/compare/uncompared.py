"""The score of a column that is not compared: what is there, and why nothing is said of it."""

from driftloop.compare.reference import ComparedColumn
from driftloop.compare.scores import ColumnComparison
from driftloop.profile.categorical import CategoricalBinning
from driftloop.schema import Kind


def excluded_comparison(name: str, column: ComparedColumn, why: str) -> ColumnComparison:
    """A score without effect or evidence."""
    before, now = column.reference, column.current
    return ColumnComparison(
        name=name,
        kind=Kind.CATEGORICAL if isinstance(column.binning, CategoricalBinning) else Kind.NUMERIC,
        records=now.rows,
        missing_records=now.missing,
        metrics={},
        p_values={},
        ks_max_error=None,
        distribution_effect=None,
        distribution_p_value=1.0,
        categories=(),
        missing_effect=None,
        missing_p_value=1.0,
        missing_shares=(before.missing / max(before.rows, 1), now.missing / max(now.rows, 1)),
        p_value=1.0,
        excluded_because=why,
    )
