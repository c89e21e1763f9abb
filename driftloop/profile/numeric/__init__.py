"""Numeric columns: their counts, the fit of bins and the precision of values."""
