"""`python -m benchmarks.simulations [PART …]`: write the tables into docs/statistics.md."""

import argparse
from collections.abc import Callable
from pathlib import Path

from benchmarks.simulations.associations import associations
from benchmarks.simulations.correlations import correlations
from benchmarks.simulations.dependent_records import dependent
from benchmarks.simulations.injected import injected
from benchmarks.simulations.months import months
from benchmarks.simulations.no_drift import no_drift
from benchmarks.simulations.scope import QUICK, Scope
from benchmarks.simulations.single_values import single_values

PAGE = Path(__file__).parents[2] / "docs" / "statistics.md"
PARTS: dict[str, Callable[[Scope], str]] = {
    "injected": injected,
    "single_values": single_values,
    "no_drift": no_drift,
    "months": months,
    "dependent": dependent,
    "correlations": correlations,
    "associations": associations,
}


def write(part: str, text: str, page: Path = PAGE) -> None:
    """Put a table between its markers on the page."""
    begin, end = (f"<!-- simulations, {part}: {side} -->" for side in ("begin", "end"))
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise SystemExit(f"{page} has no markers for {part}: restore {begin} and {end}")
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all where none is named")
    parser.add_argument("--quick", action="store_true", help="fewer runs, smaller windows")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no part {', '.join(sorted(unknown))}: there are {', '.join(PARTS)}")
    for part in options.parts or PARTS:
        write(part, PARTS[part](QUICK if options.quick else Scope()))


if __name__ == "__main__":
    main()
