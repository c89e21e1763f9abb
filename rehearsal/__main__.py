"""``python -m rehearsal``: play the whole loop on an emulator of AWS."""

import argparse
import sys
from pathlib import Path

from rehearsal.emulator_client import ROOT, EmulatorError
from rehearsal.permissions.report import find_new_requests
from rehearsal.permissions.requests import STORED
from rehearsal.scenario.cdk import CdkError, is_installed
from rehearsal.scenario.chapters import CHAPTERS
from rehearsal.scenario.expectations import ExpectationError
from rehearsal.scenario.run import run_scenario


def main() -> int:
    """Return 0 if every expectation is met, else 1 after printing what was expected and seen."""
    ids = [chapter.id for chapter in CHAPTERS]
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m rehearsal")
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / "build" / "rehearsal",
        help="where the page, the timeline and the logs are written (default: build/rehearsal)",
    )
    parser.add_argument(
        "--until",
        default=ids[-1],
        choices=ids,
        metavar="CHAPTER",
        help=f"the last chapter to play, {ids[0]} to {ids[-1]}",
    )
    options = parser.parse_args()
    if not is_installed():
        sys.stderr.write("The CDK CLI is not installed. Run `make setup`.\n")
        return 1
    try:
        run_scenario(options.folder.resolve(), last=options.until)
    except (ExpectationError, EmulatorError, CdkError) as error:
        sys.stderr.write(f"\n{error}\n\nLogs: {options.folder}\n")
        return 1
    if options.until == ids[-1]:
        _report_new_requests(options.folder)
    return 0


def _report_new_requests(folder: Path) -> None:
    """Say if the stored authorization requests, which tests evaluate, lack one of this run's."""
    new = find_new_requests(folder)
    if new:
        sys.stdout.write(
            f"{len(new)} kinds of authorization requests are not in {STORED.relative_to(ROOT)},"
            " which the tests evaluate. Run `make renew-permissions`.\n"
        )


if __name__ == "__main__":
    sys.exit(main())
