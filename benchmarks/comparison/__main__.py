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
RUNS = 3
"""Runs of a day whose median CPU seconds count."""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=140, help="live days of each series")
    parser.add_argument("--starts", type=int, default=4, help="first days of each fault")
    parser.add_argument("--reuse", action="store_true", help="keep the decisions that are stored")
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
        results = [measure(folder) for folder in folders.values()]
        text = page(results, versions, options.days, options.starts)
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def measure(folder: Path) -> Result:
    """The decisions on a series, and the CPU seconds of its last day."""
    described = json.loads((folder / "series.json").read_text())
    decisions = {one: Decisions.read(folder / one.file) for one in CONTENDERS}
    cpu = {}
    for contender in CONTENDERS:
        command = contender.command(folder, last_day=True)
        warm_up(command)
        cpu[contender] = median([run_once(command) for _ in range(RUNS)]).cpu
    columns = len(described["kinds"])
    return Result(folder.name, columns, described["faults"], decisions, cpu)


def page(results: list[Result], versions: dict[Contender, str], days: int, starts: int) -> str:
    """The text between the markers."""
    made = ", ".join(dict.fromkeys(versions.values()))
    parts = [f"Made with {made}: {days} live days, {starts} first days of each fault.\n"]
    for result in results:
        parts += [f"## {result.name.capitalize()}\n", overview(result), by_fault(result)]
    parts += ["## Where a peer is better\n", where_peers_are_better(results)]
    return "\n".join(parts)


if __name__ == "__main__":
    main()
