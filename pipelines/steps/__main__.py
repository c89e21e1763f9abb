"""``python3 steps.zip STEP ARGUMENTS…``: unpacks the archive it lies in, and runs the step.

Python could import from the archive as it is, but not the compiled libraries beside the code.
"""

import importlib
import sys
import tempfile
import zipfile

STEPS = ("curate", "evaluate", "baseline")


def main() -> None:
    """Run the step that the first argument names."""
    if len(sys.argv) < 2 or sys.argv[1] not in STEPS:
        raise SystemExit(f"say which step to run: {', '.join(STEPS)}")
    archive = sys.argv[0]
    if zipfile.is_zipfile(archive):
        folder = tempfile.mkdtemp(prefix="driftloop-steps-")
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
        sys.path.insert(0, folder)
    importlib.import_module(f"pipelines.steps.{sys.argv[1]}").main(sys.argv[2:])


if __name__ == "__main__":
    main()
