"""Adapters between the core's values and AWS's API."""
