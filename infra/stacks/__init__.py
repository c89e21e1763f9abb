"""Stacks compose constructs and grant permissions. There are three kinds: data, shared, model."""
