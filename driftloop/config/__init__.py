"""driftloop.yaml as checked, immutable values."""

from driftloop.config.advice import advice
from driftloop.config.load import load_config, validate_config
from driftloop.config.model import Config, Model

__all__ = ["Config", "Model", "advice", "load_config", "validate_config"]
