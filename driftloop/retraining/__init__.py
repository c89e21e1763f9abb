"""Decides whether a retraining starts, and with which pipeline parameters."""
