"""driftloop.yaml as checked, immutable values."""

from driftloop.config.advisories import advisories
from driftloop.config.load import load_config, validate_config
from driftloop.config.settings import Config, ModelSettings

__all__ = ["Config", "ModelSettings", "advisories", "load_config", "validate_config"]
