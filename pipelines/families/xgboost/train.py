"""Training script: boosted trees of XGBoost, from scratch or added to the champion's trees."""

import json
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import xgboost
from tabular_frame import BINARY, REGRESSION, Frame
from tabular_train import (
    argument_parser,
    load,
    read_schema,
    save_code,
    save_frame,
    select_hyperparameters,
)

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
    """Train on the channel ``train`` and write the model folder."""
    arguments = argument_parser(HYPERPARAMETERS).parse_args()
    known, trees = None, None
    if arguments.warm_start.lower() == "true":
        known, trees = load_champion(arguments.champion, read_schema(arguments.train))
    frame, matrix, labels = load(arguments.train, known)
    chosen = select_hyperparameters(arguments, HYPERPARAMETERS)
    rounds = chosen.pop("num_boost_round")
    types = ["c" if is_category else "q" for is_category in frame.is_categorical()]
    data = xgboost.DMatrix(matrix, labels, feature_types=types, enable_categorical=True)
    model = xgboost.train({**chosen, **objective(frame)}, data, rounds, xgb_model=trees)
    model.save_model(arguments.model_dir / "model.ubj")
    save_frame(frame, arguments.model_dir)
    save_code(arguments.model_dir)
    start = "from scratch" if trees is None else "on the champion's trees"
    print(f"trained on {len(labels)} rows {start}, {model.num_boosted_rounds()} rounds")


def objective(frame: Frame) -> dict[str, Any]:
    """The objective to minimize: a proper score of the problem type."""
    if frame.problem_type == REGRESSION:
        return {"objective": "reg:squarederror"}
    if frame.problem_type == BINARY:
        return {"objective": "binary:logistic"}
    return {"objective": "multi:softprob", "num_class": len(frame.classes)}


def load_champion(
    folder: Path | None, schema: dict[str, Any]
) -> tuple[Frame | None, xgboost.Booster | None]:
    """The champion's frame and trees, None unless it is of this family and has this schema."""
    archive = folder / "model.tar.gz" if folder else None
    if archive is None or not archive.exists():
        return None, None
    with tempfile.TemporaryDirectory() as unpacked:
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="data")
        model, frame_file = Path(unpacked) / "model.ubj", Path(unpacked) / "frame.json"
        if not model.exists() or not frame_file.exists():
            return None, None
        frame = Frame(**json.loads(frame_file.read_text()))
        booster = xgboost.Booster(model_file=str(model))
    is_same_schema = (
        frame.features == schema["features"]
        and frame.problem_type == schema["problem"]
        and frame.target == schema["target"]
    )
    return (frame, booster) if is_same_schema else (None, None)


if __name__ == "__main__":
    main()
