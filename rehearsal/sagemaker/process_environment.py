"""The environment, folders and logs of the processes that run instead of containers."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

_NOT_INHERITED = ("AWS_", "SAGEMAKER_", "SM_", "PYTHON", "TRAINING_JOB", "PROCESSING_JOB")


def child_environment(*layers: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment without its AWS and Python settings, then ``layers``."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)
    }
    merged = {**inherited, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    for layer in layers:
        merged.update(layer)
    return merged


def log_tail(log: Path, characters: int = 700) -> str:
    """Return the end of a log, for a failure reason."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return text[-characters:].strip()


def failure_reason(error: Exception) -> str:
    """Return an error as a FailureReason, which SageMaker limits to 1,024 characters."""
    return (str(error) or type(error).__name__)[:1024]


def recreate_folder(folder: Path) -> Path:
    """Return the folder, emptied: an earlier rehearsal may have used the same names."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder
