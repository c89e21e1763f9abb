"""What the pipeline needs to know about a model family."""

import math
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from driftloop.config.sections import TrainingSettings
from driftloop.errors import ConfigProblem

Hyperparameter = int | float | str | bool
"""A value in driftloop.yaml; the training script gets its text."""

SHARED = Path(__file__).parent / "shared"
CORE = Path(__file__).parent.parent.parent / "driftloop"
CELL_MODULES = {
    "driftloop_cell_values.py": CORE / "cell_values.py",
    "driftloop_cell_dates.py": CORE / "cell_dates.py",
    "driftloop_missing_texts.py": CORE / "missing_texts.py",
}
"""The rules for missing values, numbers, categories and dates: training, serving and monitoring
share them. Name in the archive, and file."""


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of model: its SageMaker image, its scripts and its default hyperparameters.

    ``folder`` holds ``train.py`` (script mode) and ``inference.py`` (model_fn, input_fn,
    predict_fn, output_fn), and what else they import. ``image`` and ``version`` name one of
    SageMaker's own images.
    """

    name: str
    image: str
    version: str
    folder: Path
    hyperparameters: dict[str, Hyperparameter]
    warm_start: bool

    def files(self) -> dict[str, Path]:
        """The training package: name in the archive, and file. Modules are in its top folder."""
        own = {
            path.relative_to(self.folder).as_posix(): path
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }
        del own["__init__.py"]  # this row of the table of families
        shared = {path.name: path for path in sorted(SHARED.glob("*.py"))}
        return {**own, **shared, **CELL_MODULES}

    def unsupported_settings(self, training: TrainingSettings) -> list[ConfigProblem]:
        """The settings of ``training`` that the family does not support, by their path in it."""
        problems = []
        if training.warm_start and not self.warm_start:
            rule = f"{self.name} trains from scratch only; set it to false"
            problems.append(ConfigProblem("training.warm_start", "true", rule))
        for name, value in training.hyperparameters.items():
            path = f"training.hyperparameters.{name}"
            if name not in self.hyperparameters:
                problems.append(ConfigProblem(path, "", self._hyperparameter_rule(name)))
            elif not _is_like(value, self.hyperparameters[name]):
                rule = _type_rule(self.hyperparameters[name])
                problems.append(ConfigProblem(path, repr(value), rule))
        return problems

    def _hyperparameter_rule(self, name: str) -> str:
        if not self.hyperparameters:
            return f"{self.name} has no hyperparameters"
        near = get_close_matches(name, self.hyperparameters, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        names = ", ".join(self.hyperparameters)
        return f"is not a hyperparameter of {self.name}; there are {names}{hint}"


def _is_like(value: Hyperparameter, default: Hyperparameter) -> bool:
    """Whether a value can take the place of the default: the training script parses its text."""
    if isinstance(default, str):
        return True
    if isinstance(value, bool) or isinstance(default, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    try:
        number = type(default)(str(value))
    except ValueError:
        return False
    return math.isfinite(number)


def _type_rule(default: Hyperparameter) -> str:
    if isinstance(default, bool):
        return f"must be true or false; the default is {str(default).lower()}"
    kind = "a whole number" if isinstance(default, int) else "a number"
    return f"must be {kind}; the default is {default}"
