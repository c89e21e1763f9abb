"""Decides how a model version is deployed to the endpoint."""
