"""Script mode: boosted trees of XGBoost, from scratch or on top of the champion's."""

import json
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import xgboost
from tabular_frame import BINARY, REGRESSION, Frame
from tabular_train import hyperparameters, load, parser, read_schema, save_code, save_frame

HYPERPARAMETERS: dict[str, type] = {
    "num_boost_round": int,
    "eta": float,
    "max_depth": int,
    "min_child_weight": float,
    "subsample": float,
    "lambda": float,
    "seed": int,
}


def main() -> None:
    """Train on the channel ``train`` and write the model's folder."""
    arguments = parser(HYPERPARAMETERS).parse_args()
    known, trees = None, None
    if arguments.warm_start.lower() == "true":
        known, trees = champion(arguments.champion, read_schema(arguments.train))
    frame, matrix, labels = load(arguments.train, known)
    chosen = hyperparameters(arguments, HYPERPARAMETERS)
    rounds = chosen.pop("num_boost_round")
    types = ["c" if category else "q" for category in frame.categorical()]
    data = xgboost.DMatrix(matrix, labels, feature_types=types, enable_categorical=True)
    model = xgboost.train({**chosen, **objective(frame)}, data, rounds, xgb_model=trees)
    model.save_model(arguments.model_dir / "model.ubj")
    save_frame(frame, arguments.model_dir)
    save_code(arguments.model_dir)
    start = "from scratch" if trees is None else "on the champion's trees"
    print(f"trained on {len(labels)} rows {start}, {model.num_boosted_rounds()} rounds")


def objective(frame: Frame) -> dict[str, Any]:
    """What is minimised: a proper score of the problem."""
    if frame.problem == REGRESSION:
        return {"objective": "reg:squarederror"}
    if frame.problem == BINARY:
        return {"objective": "binary:logistic"}
    return {"objective": "multi:softprob", "num_class": len(frame.classes)}


def champion(
    folder: Path | None, schema: dict[str, Any]
) -> tuple[Frame | None, xgboost.Booster | None]:
    """The champion's frame and trees; nothing where there is none, or one of another kind."""
    archive = folder / "model.tar.gz" if folder else None
    if archive is None or not archive.exists():
        return None, None
    with tempfile.TemporaryDirectory() as unpacked:
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="data")
        model, kept = Path(unpacked) / "model.ubj", Path(unpacked) / "frame.json"
        if not model.exists() or not kept.exists():
            return None, None
        frame = Frame(**json.loads(kept.read_text()))
        booster = xgboost.Booster(model_file=str(model))
    same = frame.features == schema["features"] and frame.problem == schema["problem_type"]
    return (frame, booster) if same and frame.target == schema["target"] else (None, None)


if __name__ == "__main__":
    main()
