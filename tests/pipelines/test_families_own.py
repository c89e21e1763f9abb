"""The family of docs/families.md: its scripts are run as they are printed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from pipelines.families.family import Family
from pipelines.steps import predict

PAGE = Path(__file__).parents[2] / "docs" / "families.md"
SCRIPTS = re.compile(r"^```python\n# (\w+\.py)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def family(tmp_path: Path) -> Family:
    folder = tmp_path / "mean"
    (folder / "lookup" / "__pycache__").mkdir(parents=True)
    for name, text in SCRIPTS.findall(PAGE.read_text()):
        (folder / name).write_text(text)
    (folder / "__init__.py").write_text("FAMILY = ...")
    (folder / "lookup" / "cities.py").write_text("CITIES = ()")
    (folder / "lookup" / "__pycache__" / "cities.pyc").write_bytes(b"")
    return Family("mean", "sklearn", "1.9-0", folder, hyperparameters={}, warm_start=False)


def test_every_file_of_the_folder_is_in_the_training_package(family: Family) -> None:
    names = set(family.files())
    assert {"train.py", "inference.py", "lookup/cities.py", "tabular_serving.py"} <= names
    assert not [name for name in names if name.startswith("__init__") or "__pycache__" in name]


def test_the_family_of_the_page_trains_and_predicts(family: Family, tmp_path: Path) -> None:
    package, data, model = (tmp_path / name for name in ("package", "data", "model"))
    for folder in (package, data, model):
        folder.mkdir()
    for name, path in family.files().items():
        (package / name).parent.mkdir(exist_ok=True)
        (package / name).write_bytes(path.read_bytes())
    pd.DataFrame({"x": [1, 2, 3], "target": [2.0, 4.0, 9.0]}).to_csv(
        data / "train.csv", index=False
    )
    schema = {"features": {"x": "numeric"}, "target": "target", "problem": "regression"}
    (data / "schema.json").write_text(json.dumps({**schema, "classes": []}))
    train = [sys.executable, str(package / "train.py"), f"--train={data}", f"--model-dir={model}"]
    subprocess.run(train, check=True)
    program = (
        "import json, sys\nfrom pathlib import Path\nsys.path.insert(0, sys.argv[1])\n"
        "import predict\n[(_, response)] = predict.predict(Path(sys.argv[2]), [['1'], ['']])\n"
        "print(json.dumps(response))"
    )
    step = [sys.executable, "-c", program, str(Path(predict.__file__).parent), str(model)]
    done = subprocess.run(step, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == {"predictions": [{"score": 5.0}, {"score": 5.0}]}
