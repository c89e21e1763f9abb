"""`python -m benchmarks.simulations [PART …]`: write the tables into docs/statistics.md."""

import argparse
from collections.abc import Callable
from pathlib import Path

from benchmarks.simulations.correlations import correlations
from benchmarks.simulations.dependent import dependent
from benchmarks.simulations.months import months
from benchmarks.simulations.planted import planted
from benchmarks.simulations.quiet import quiet
from benchmarks.simulations.scope import QUICK, Scope

PAGE = Path(__file__).parents[2] / "docs" / "statistics.md"
PARTS: dict[str, Callable[[Scope], str]] = {
    "planted": planted,
    "quiet": quiet,
    "months": months,
    "dependent": dependent,
    "correlations": correlations,
}


def write(part: str, text: str, page: Path = PAGE) -> None:
    """Put a table between its markers on the page."""
    begin, end = (f"<!-- simulations, {part}: {side} -->" for side in ("begin", "end"))
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise SystemExit(f"{page} has lost its markers: put {begin} and {end} back")
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all where none is named")
    parser.add_argument("--quick", action="store_true", help="fewer runs, smaller windows")
    asked = parser.parse_args()
    unknown = set(asked.parts) - set(PARTS)
    if unknown:
        parser.error(f"no part {', '.join(sorted(unknown))}: there are {', '.join(PARTS)}")
    for part in asked.parts or PARTS:
        write(part, PARTS[part](QUICK if asked.quick else Scope()))


if __name__ == "__main__":
    main()
