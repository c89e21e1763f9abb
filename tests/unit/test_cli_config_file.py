"""Where the configuration is, and what is checked outside of a checkout."""

from pathlib import Path

import pytest

from driftloop.cli import config_file
from driftloop.cli.config_file import read_config, validate
from driftloop.errors import InputError

CONFIG = """
models:
  churn:
    features: {age: numeric}
    target: label
    problem_type: binary_classification
    family: FAMILY
    training_data: s3://bucket/training.csv
"""


def test_a_configuration_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "driftloop.yaml"
    path.write_bytes(b"\xff\xfe\x00models")
    with pytest.raises(InputError, match="this is not a text file in UTF-8"):
        read_config(str(path))


def test_outside_of_a_checkout_no_family_is_known_and_none_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(config_file, "find_spec", lambda name: None)
    assert config_file.known_families() is None


def test_a_region_without_a_service_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    families = config_file.known_families()
    assert families is not None
    path = tmp_path / "driftloop.yaml"
    path.write_text(CONFIG.replace("FAMILY", "sklearn"), encoding="utf-8")
    monkeypatch.setattr(config_file, "_check_training_data", lambda settings, config: ([], []))
    assert "sklearn" in families
    lines = validate(str(path), region="cn-north-1")
    assert lines[0].endswith("driftloop.yaml: valid, 1 model")
    assert any(line.startswith("warning: ") and "cn-north-1" in line for line in lines)
    monkeypatch.setattr(config_file, "known_families", lambda: None)
    assert validate(str(path), region="us-east-1")[0] == lines[0]
