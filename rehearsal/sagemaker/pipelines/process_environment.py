"""The environment of the processes that play containers."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

_NOT_INHERITED = ("AWS_", "SAGEMAKER_", "SM_", "PYTHON", "TRAINING_JOB", "PROCESSING_JOB")


def process_environment(*layers: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without its AWS and Python settings, and ``layers`` on top."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)
    }
    merged = {**inherited, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    for layer in layers:
        merged.update(layer)
    return merged


def tail(log: Path, characters: int = 700) -> str:
    """The end of a log, for a failure's reason."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return text[-characters:].strip()


def reason(error: Exception) -> str:
    """An error as a FailureReason, which SageMaker keeps to 1,024 characters."""
    return (str(error) or type(error).__name__)[:1024]


def fresh_folder(folder: Path) -> Path:
    """The folder, made anew: an earlier rehearsal gave out the same names."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder
