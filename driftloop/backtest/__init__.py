"""Replays of the detection on past windows of the training data."""
