"""``python3 steps.zip STEP ARGUMENTS…``: extracts the archive that contains it and runs the step.

Python can import source code from an archive, but not the compiled libraries beside it.
"""

import importlib
import sys
import tempfile
import zipfile

STEPS = ("curate", "evaluate", "baseline")


def main() -> None:
    """Run the step that the first argument names."""
    if len(sys.argv) < 2 or sys.argv[1] not in STEPS:
        raise SystemExit(f"the first argument must name a step: {', '.join(STEPS)}")
    archive = sys.argv[0]
    if zipfile.is_zipfile(archive):
        folder = tempfile.mkdtemp(prefix="driftloop-steps-")
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
        sys.path.insert(0, folder)
    importlib.import_module(f"pipelines.steps.{sys.argv[1]}").main(sys.argv[2:])


if __name__ == "__main__":
    main()
