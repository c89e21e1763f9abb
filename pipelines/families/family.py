"""What the pipeline has to know of a model family."""

from dataclasses import dataclass
from pathlib import Path

SHARED = Path(__file__).parent / "shared"
CORE = Path(__file__).parent.parent.parent / "driftloop"
MEANINGS = {
    "driftloop_cell_values.py": CORE / "cell_values.py",
    "driftloop_cell_dates.py": CORE / "cell_dates.py",
}
"""What a cell means, the same in training, in serving and in monitoring."""


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of model: its SageMaker image, its scripts, what its training takes by default.

    ``folder`` holds ``train.py`` (script mode) and ``inference.py`` (model_fn, input_fn,
    predict_fn, output_fn). ``image`` and ``version`` name a framework of SageMaker's own images.
    """

    name: str
    image: str
    version: str
    folder: Path
    hyperparameters: dict[str, int | float | str | bool]
    warm_start: bool

    def files(self) -> dict[str, Path]:
        """The training package: name in the archive and file. All lie flat, as the images want."""
        own = {name: self.folder / name for name in ("train.py", "inference.py")}
        shared = {path.name: path for path in sorted(SHARED.glob("*.py"))}
        return {**own, **shared, **MEANINGS}

    def refusals(self, *, warm_start: bool) -> list[str]:
        """What a configuration asks of the family that it can't do, in words."""
        if warm_start and not self.warm_start:
            return [f"training.warm_start: {self.name} trains from scratch only; set it false"]
        return []
