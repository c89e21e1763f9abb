"""Everybody on the same captured files, in turn: `make bench`.

Whole processes are measured, start-up and imports included, from capture files to a verdict per
column. CPU seconds are what a Lambda bills and are steadier than the clock on a shared machine.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks.contestants import BUILD, Contestant, contestants
from benchmarks.measure import Cost, median, run_once, warm_up
from benchmarks.table import Row, replace_table, table

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
REFERENCE = 100_000


def main() -> None:
    """Measure, print, and write the table into the documentation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=3, help="processes of which the median is")
    asked = parser.parse_args()
    parts = []
    for records in asked.records:
        folder, baseline = prepared(records)
        rows = measured(contestants(folder, baseline), asked.repeat)
        rows.insert(2, bad_lines(records, baseline, asked.repeat))
        parts.append(table(rows, records=records, repeat=asked.repeat))
        print(parts[-1])
    PAGE.write_text(replace_table(PAGE.read_text(), "\n".join(parts)))


def prepared(records: int, *, bad: bool = False) -> tuple[Path, Path]:
    """A folder of data, made where it is not there yet, and a baseline by today's code."""
    folder = BUILD / "data" / f"{records}{'-bad' if bad else ''}"
    baseline = folder / "baseline.bin"
    # in processes of their own: a child begins with its parent's peak memory
    if not (folder / "capture").exists():
        generate = [sys.executable, "-m", "benchmarks.generate", str(folder)]
        sizes = ["--records", str(records), "--reference", str(REFERENCE)]
        subprocess.run([*generate, *sizes, *(["--bad-lines"] if bad else [])], check=True)
    command = [str(Path(sys.executable).with_name("driftloop")), "baseline", "--model", "bench"]
    command += ["--config", str(folder / "driftloop.yaml"), "--out", str(baseline)]
    command += ["--data", str(folder / "reference.csv")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder, baseline


def measured(everybody: list[Contestant], repeat: int) -> list[Row]:
    """One row each; rounds rather than blocks, so that a busy minute hits everybody."""
    costs: dict[str, list[Cost]] = {one.name: [] for one in everybody}
    for one in everybody:
        warm_up(one.command)
    for _ in range(repeat):
        for one in everybody:
            costs[one.name].append(run_once(one.command))
    return [Row(one.name, one.version, median(costs[one.name])) for one in everybody]


def bad_lines(records: int, baseline: Path, repeat: int) -> Row:
    """driftloop once more, on files that each hold one line that is no JSON."""
    folder, _ = prepared(records, bad=True)
    ours = contestants(folder, baseline)[1]
    warm_up(ours.command)
    cost = median([run_once(ours.command) for _ in range(repeat)])
    return Row("driftloop, one bad line a file", ours.version, cost)


if __name__ == "__main__":
    main()
