"""The pure core of driftloop: values in, values out; no clock, no environment, no client."""

__version__ = "0.1.0"
