"""`python -m benchmarks.simulations`: write the tables into docs/statistics.md."""

import argparse
from pathlib import Path

from benchmarks.simulations.tables import months, planted, quiet, reference

PAGE = Path(__file__).parents[2] / "docs" / "statistics.md"
BEGIN, END = "<!-- simulations: begin -->", "<!-- simulations: end -->"


def tables(*, runs: int, sizes: list[int], month_count: int) -> str:
    """The three tables with their captions."""
    large = reference(100_000)
    return "\n".join(
        [
            f"Planted drift: {runs} runs each, one reference of 100,000 rows, 20 features.\n",
            planted(large, sizes, runs),
            f"Quiet windows: {runs} runs each, over ten references of each size.\n",
            quiet([1000, 100_000], [size for size in sizes if size <= 100_000], runs),
            f"Months: {month_count} of 720 independent windows for each row, each month with a"
            " reference of 100,000 rows of its own; correlations are not drawn.\n",
            months(large, month_count),
        ]
    )


def write(text: str, page: Path = PAGE) -> None:
    """Put the tables between the page's markers."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{page} has lost its markers: put {BEGIN} and {END} back")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs, smaller windows")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--months", type=int, default=20)
    parser.add_argument("--largest", type=int, default=100_000, help="records of a window")
    asked = parser.parse_args()
    if asked.quick:
        asked.runs, asked.months, asked.largest = 40, 1, 1000
    sizes = [300, 1000, 10_000, 70_000, 100_000, 1_000_000]
    sizes = [size for size in sizes if size <= asked.largest]
    write(tables(runs=asked.runs, sizes=sizes, month_count=asked.months))


if __name__ == "__main__":
    main()
