"""driftloop.yaml as checked, immutable values."""

from driftloop.config.advice import advisories
from driftloop.config.load import load_config, validate_config
from driftloop.config.model import Config, ModelSettings

__all__ = ["Config", "ModelSettings", "advisories", "load_config", "validate_config"]
