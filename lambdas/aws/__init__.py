"""Thin adapters between the core's values and AWS's calls."""
