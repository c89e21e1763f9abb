"""Reads many captured lines of equal form at once, without decoding each."""
