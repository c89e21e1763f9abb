"""Compares driftloop with peers on two public series, and writes the page docs/comparison.md.

    python -m benchmarks.comparison

Peers are installed into environments of their own, from lock files. With ``--reuse``, contenders
whose decisions are stored are not run again.
"""

import argparse
import json
from pathlib import Path

from benchmarks.comparison.contestants import CONTENDERS, Contender
from benchmarks.comparison.figures import Decisions
from benchmarks.comparison.prepare import prepare
from benchmarks.comparison.series import bikeshare, flights
from benchmarks.comparison.tables import Result, by_fault, overview, where_peers_are_better
from benchmarks.contestants import BUILD
from benchmarks.measure import median, run_once, warm_up

PAGE = Path(__file__).parents[2] / "docs" / "comparison.md"
BEGIN, END = "<!-- comparison: begin -->", "<!-- comparison: end -->"
SERIES = {"bikeshare": bikeshare, "flights": flights}
CPU = "cpu.json"
"""File of a series: CPU seconds of its last day by file of decisions, and the number of runs."""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=140, help="live days of each series")
    parser.add_argument("--starts", type=int, default=4, help="first days of each fault")
    parser.add_argument("--runs", type=int, default=3, help="runs of a day whose median CPU counts")
    parser.add_argument("--reuse", action="store_true", help="keep what is stored")
    parser.add_argument("--series", choices=[*SERIES], help="decide on one series; write no page")
    parser.add_argument("--only", help="let one package decide; write no page")
    options = parser.parse_args()
    names = [options.series] if options.series else [*SERIES]
    folders = {name: BUILD / "comparison" / name for name in names}
    for name, folder in folders.items():
        if not (options.reuse and (folder / "series.json").exists()):
            prepare(SERIES[name](), folder, options.days, options.starts)
    versions: dict[Contender, str] = {}
    for contender in CONTENDERS:
        if options.only in (None, contender.package):
            versions[contender] = contender.version()
            for folder in folders.values():
                if not (options.reuse and (folder / contender.file).exists()):
                    contender.decide(folder)
                    print(f"{folder.name}: {contender.title}", flush=True)
    if options.series is None and options.only is None:
        for folder in folders.values():
            if not (options.reuse and (folder / CPU).exists()):
                measure(folder, options.runs)
        results = [read_result(folder) for folder in folders.values()]
        text = page(results, versions, options.days, options.starts)
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def measure(folder: Path, runs: int) -> None:
    """Measure the CPU seconds of the last day of a series, after a run that does not count."""
    cpu = {}
    for contender in CONTENDERS:
        command = contender.command(folder, last_day=True)
        warm_up(command)
        cpu[contender.file] = median([run_once(command) for _ in range(runs)]).cpu
    (folder / CPU).write_text(json.dumps({"runs": runs, "cpu": cpu}))


def read_result(folder: Path) -> Result:
    """What is stored of a series."""
    described = json.loads((folder / "series.json").read_text())
    measured = json.loads((folder / CPU).read_text())
    return Result(
        name=folder.name,
        changed=described["faults"],
        decisions={one: Decisions.read(folder / one.file) for one in CONTENDERS},
        cpu={one: measured["cpu"][one.file] for one in CONTENDERS},
        runs=measured["runs"],
    )


def page(results: list[Result], versions: dict[Contender, str], days: int, starts: int) -> str:
    """The text between the markers."""
    made = ", ".join(dict.fromkeys(versions.values()))
    command = f"`--days {days} --starts {starts} --runs {results[0].runs}`"
    counts = f"{days} live days, {starts} first days of each fault ({command})"
    parts = [f"{counts}; {made}.\n"]
    for result in results:
        parts += [f"## {result.name.capitalize()}\n", overview(result), by_fault(result)]
    parts += ["## Where a peer is better\n", where_peers_are_better(results)]
    return "\n".join(parts)


if __name__ == "__main__":
    main()
