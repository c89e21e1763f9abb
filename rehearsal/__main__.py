"""``python -m rehearsal``: play the whole loop on an embedded AWS."""

import argparse
import sys
from pathlib import Path

from rehearsal.emulator_client import ROOT, EmulatorError
from rehearsal.scenario.cdk import CdkError, is_installed
from rehearsal.scenario.expectations import ExpectationError
from rehearsal.scenario.run import play


def main() -> int:
    """Exit 0 where every chapter showed what it must, else 1 with what was expected and seen."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m rehearsal")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "rehearsal")
    parser.add_argument("--until", default="j", metavar="CHAPTER", help="the last chapter to play")
    options = parser.parse_args()
    if not is_installed():
        sys.stderr.write("the CDK CLI is not installed: run `make setup`\n")
        return 1
    try:
        play(options.folder.resolve(), last=options.until)
    except (ExpectationError, EmulatorError, CdkError) as error:
        sys.stderr.write(f"\n{error}\n\nlogs: {options.folder}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
