"""Script mode: histogram gradient boosting, which takes categories and missing values as such."""

import joblib
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from tabular_frame import REGRESSION
from tabular_train import hyperparameters, load, parser, save_code, save_frame

HYPERPARAMETERS: dict[str, type] = {
    "max_iter": int,
    "learning_rate": float,
    "max_leaf_nodes": int,
    "min_samples_leaf": int,
    "l2_regularization": float,
    "seed": int,
}


def main() -> None:
    """Train on the channel ``train`` and write the model's folder."""
    arguments = parser(HYPERPARAMETERS).parse_args()
    frame, matrix, labels = load(arguments.train)
    chosen = hyperparameters(arguments, HYPERPARAMETERS)
    seed = chosen.pop("seed")
    regression = frame.problem == REGRESSION
    kind = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    model = kind(**chosen, categorical_features=frame.categorical(), random_state=seed)
    model.fit(matrix, labels)
    joblib.dump(model, arguments.model_dir / "model.joblib")
    save_frame(frame, arguments.model_dir)
    save_code(arguments.model_dir)
    print(f"trained on {len(labels)} rows, {model.n_iter_} iterations")


if __name__ == "__main__":
    main()
