"""Print what each permission is needed by: ``python -m rehearsal.permissions``.

The templates are those of the last rehearsal. With ``--renew`` its recorded requests and those of
the handler tests become the stored ones, which the tests evaluate: `make renew-permissions`.
"""

import argparse
import sys
from pathlib import Path

from rehearsal.permissions.report import make_report, read_recordings, read_stacks
from rehearsal.permissions.requests import STORED, read_requests, to_line, write_requests


def main() -> int:
    """Return 0 if every permission is needed."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal.permissions", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/rehearsal"))
    parser.add_argument("--handlers", type=Path, default=Path("build/handler-requests.jsonl"))
    parser.add_argument("--renew", action="store_true", help="store the recorded requests")
    options = parser.parse_args()
    stacks = read_stacks(options.folder)
    if not stacks.templates:
        parser.error(f"no templates in {options.folder / 'cdk.out'}: run `make rehearse` first")
    if options.renew:
        recordings = [options.folder / "authorizations.jsonl", options.handlers]
        write_requests(read_recordings(recordings, stacks))
    report = make_report(stacks, read_requests())
    _print(*report.lines(), "")
    for request in report.removals.unexplained:
        _print(f"no policy allows: {to_line(request)}")
    for row in report.stale_rows:
        _print(f"documented.py names what does not exist: {row}")
    for permission in report.superfluous:
        _print(f"not needed: {permission.holder} {permission.sid} {permission.action}")
    denied = len({each for each in report.permissions if each in report.removals.denied})
    _print(
        f"{len(report.permissions)} permissions: {denied} removals deny a request of"
        f" {STORED.name}, {len(report.superfluous)} are not needed, the others are documented."
    )
    return int(bool(report.superfluous or report.stale_rows or report.removals.unexplained))


def _print(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
