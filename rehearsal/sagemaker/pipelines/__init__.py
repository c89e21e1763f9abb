"""Pipelines: definitions, executions and their jobs."""
