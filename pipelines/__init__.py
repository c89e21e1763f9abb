"""The retraining pipeline: its definition, the model families, the steps that run in containers."""
