"""Stacks compose constructs and grant; there are three kinds: data, shared, model."""
