"""Training script: histogram gradient boosting, with native categories and missing values."""

import joblib
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from tabular_frame import REGRESSION
from tabular_train import argument_parser, load, save_code, save_frame, select_hyperparameters

HYPERPARAMETERS: dict[str, type] = {
    "max_iter": int,
    "learning_rate": float,
    "max_leaf_nodes": int,
    "min_samples_leaf": int,
    "l2_regularization": float,
    "seed": int,
}


def main() -> None:
    """Train on the channel ``train`` and write the model folder."""
    arguments = argument_parser(HYPERPARAMETERS).parse_args()
    frame, matrix, labels = load(arguments.train)
    chosen = select_hyperparameters(arguments, HYPERPARAMETERS)
    seed = chosen.pop("seed")
    is_regression = frame.problem_type == REGRESSION
    estimator = HistGradientBoostingRegressor if is_regression else HistGradientBoostingClassifier
    model = estimator(**chosen, categorical_features=frame.is_categorical(), random_state=seed)
    model.fit(fill_empty_columns(matrix, chosen["min_samples_leaf"]), labels)
    joblib.dump(model, arguments.model_dir / "model.joblib")
    save_frame(frame, arguments.model_dir)
    save_code(arguments.model_dir)
    print(f"trained on {len(labels)} rows, {model.n_iter_} iterations")


def fill_empty_columns(matrix: np.ndarray, min_samples_leaf: int) -> np.ndarray:
    """The matrix with 0 in the columns that have too few values for any split.

    scikit-learn finds no bins for a column without a value, and fails with "window shape cannot be
    larger than input array shape" (scikit-learn, ensemble/_hist_gradient_boosting/binning.py). It
    never splits on a column with fewer values than a leaf needs, so the trees are the same.
    """
    is_empty = np.isfinite(matrix).sum(axis=0) < min_samples_leaf
    filled: np.ndarray = np.where(is_empty, 0.0, matrix)
    return filled


if __name__ == "__main__":
    main()
