"""Endpoints: their state, updates, invocation and data capture."""
