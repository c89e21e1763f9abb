"""The texts of missing values, without a library: every function reads the schema of a model."""

MISSING_TEXTS = frozenset({"", "nan", "null", "none", "na", "n/a", "<na>", "nat"})
"""Texts of a missing value, in lower case and without surrounding blanks."""

CLASS_MISSING_TEXTS = frozenset({"", "nan", "<na>", "nat"})
"""Texts of a missing class: an empty one, and those that programs write for NaN, NA and NaT."""

EMPTY_TEXTS = frozenset({""})
"""The text of a missing value where all others are categories."""
