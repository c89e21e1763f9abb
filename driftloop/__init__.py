"""driftloop detects drift in the data of machine-learning models.

    import driftloop as dl
    report = dl.compare(reference, current)

``import driftloop`` is cheap: a name is imported from its module when it is first used, so a
Lambda function that imports ``driftloop.profile`` does not load data frames or pages.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from driftloop.api.baseline import Baseline
    from driftloop.api.captured import build_profile, read_capture
    from driftloop.api.compare import compare
    from driftloop.api.features import infer_features
    from driftloop.api.performance import performance
    from driftloop.api.performance_report import PerformanceReport
    from driftloop.api.window_report import WindowReport
    from driftloop.capture_files import CapturedBatches
    from driftloop.detection.policy import DriftPolicy
    from driftloop.errors import DriftloopError, FormatError, InputError
    from driftloop.example import load_example, write_example
    from driftloop.profile.profile import Profile
    from driftloop.quality.violations import QualityLimits

__all__ = [
    "Baseline",
    "CapturedBatches",
    "DriftPolicy",
    "DriftloopError",
    "FormatError",
    "InputError",
    "PerformanceReport",
    "Profile",
    "QualityLimits",
    "WindowReport",
    "build_profile",
    "compare",
    "infer_features",
    "load_example",
    "performance",
    "read_capture",
    "write_example",
]

_MODULES = {
    "Baseline": "driftloop.api.baseline",
    "CapturedBatches": "driftloop.capture_files",
    "DriftPolicy": "driftloop.detection.policy",
    "DriftloopError": "driftloop.errors",
    "FormatError": "driftloop.errors",
    "InputError": "driftloop.errors",
    "PerformanceReport": "driftloop.api.performance_report",
    "Profile": "driftloop.profile.profile",
    "QualityLimits": "driftloop.quality.violations",
    "WindowReport": "driftloop.api.window_report",
    "build_profile": "driftloop.api.captured",
    "compare": "driftloop.api.compare",
    "infer_features": "driftloop.api.features",
    "load_example": "driftloop.example",
    "performance": "driftloop.api.performance",
    "read_capture": "driftloop.api.captured",
    "write_example": "driftloop.example",
}
"""Where each exported name is defined."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        # with name and obj, Python adds the similar name that was meant
        raise AttributeError(
            f"module 'driftloop' has no attribute {name!r}", name=name, obj=sys.modules[__name__]
        )
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


class _Package(ModuleType):
    """``driftloop.performance`` is the function, also once the package of its name is imported.

    Importing a submodule sets an attribute of its package; modules of it are imported from
    ``sys.modules``, not by the attribute. Setting the class of a module is described in the Python
    language reference, "Customizing module attribute access".
    """

    @property
    def performance(self) -> Any:
        return getattr(import_module(_MODULES["performance"]), "performance")  # noqa: B009

    @performance.setter
    def performance(self, module: ModuleType) -> None:
        """Imported submodules are found in ``sys.modules``."""


sys.modules[__name__].__class__ = _Package
