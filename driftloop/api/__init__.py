"""What users call from Python; ``driftloop`` exports it, each name from its module."""
