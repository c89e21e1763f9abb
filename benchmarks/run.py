"""Runs driftloop and its peers on the same captured files, in turn: `make bench`.

Whole processes are measured, with start-up and imports, from capture files to a verdict per column.
CPU seconds are what a Lambda function bills, and vary less than wall time on a shared machine.
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
"""Rows of training data."""


def main() -> None:
    """Measure, print, and write the table into the documentation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument(
        "--repeat", type=int, default=3, help="runs of each process; the median counts"
    )
    arguments = parser.parse_args()
    parts = []
    for records in arguments.records:
        folder, baseline = prepare(records)
        rows = measure_all(contestants(folder, baseline), arguments.repeat)
        rows.insert(2, measure_bad_lines(records, baseline, arguments.repeat))
        parts.append(table(rows, records=records, repeat=arguments.repeat))
        print(parts[-1])
    PAGE.write_text(replace_table(PAGE.read_text(), "\n".join(parts)))


def prepare(records: int, *, bad_lines: bool = False) -> tuple[Path, Path]:
    """The folder of data, generated if it does not exist, and a baseline of the current code."""
    folder = BUILD / "data" / f"{records}{'-bad' if bad_lines else ''}"
    baseline = folder / "baseline.bin"
    # in child processes: the measured processes start with the peak memory of this one
    if not (folder / "capture").exists():
        generate = [sys.executable, "-m", "benchmarks.generate", str(folder)]
        sizes = ["--records", str(records), "--reference", str(REFERENCE)]
        subprocess.run([*generate, *sizes, *(["--bad-lines"] if bad_lines else [])], check=True)
    command = [str(Path(sys.executable).with_name("driftloop")), "baseline", "--model", "bench"]
    command += ["--config", str(folder / "driftloop.yaml"), "--out", str(baseline)]
    command += ["--data", str(folder / "reference.csv")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder, baseline


def measure_all(all_contestants: list[Contestant], repeat: int) -> list[Row]:
    """One row each, measured in rounds, so that a busy minute affects all of them."""
    costs: dict[str, list[Cost]] = {contestant.name: [] for contestant in all_contestants}
    for contestant in all_contestants:
        warm_up(contestant.command)
    for _ in range(repeat):
        for contestant in all_contestants:
            costs[contestant.name].append(run_once(contestant.command))
    return [Row(one.name, one.version, median(costs[one.name])) for one in all_contestants]


def measure_bad_lines(records: int, baseline: Path, repeat: int) -> Row:
    """Measure driftloop on files with one unreadable line each."""
    folder, _ = prepare(records, bad_lines=True)
    driftloop = contestants(folder, baseline)[1]
    warm_up(driftloop.command)
    cost = median([run_once(driftloop.command) for _ in range(repeat)])
    return Row("driftloop, one bad line a file", driftloop.version, cost)


if __name__ == "__main__":
    main()
