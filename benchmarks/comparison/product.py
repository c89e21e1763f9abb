"""driftloop on a series: `driftloop analyze` of each day, in order, and of the days with faults.

The command's own function is called day by day in this process, as a person would call it with the
reports of earlier days as history. A fault's days follow the usual days before it.
"""

import json
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd

from benchmarks.comparison.figures import Decisions
from benchmarks.comparison.prepare import FAULT_DAYS
from driftloop.cli.analyze import AnalyzeOptions, analyze
from driftloop.cli.baseline import make_baseline
from driftloop.report import WindowReport

MODEL = "series"
WORK, HISTORY, CAPTURE = "driftloop", "history", "capture"
"""Folder of a series for these files, and in it the reports and the captures of a day."""

CONFIG, BASELINE = "driftloop.yaml", "series.baseline"

_LINE = (
    '{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT",'
    '"data":%s,"encoding":"CSV"},"endpointOutput":{"observedContentType":'
    '"text/csv; charset=utf-8","mode":"OUTPUT","data":"0.5","encoding":"CSV"}},'
    '"eventMetadata":{"eventId":"%s","inferenceTime":"%s"},"eventVersion":"0"}\n'
)


class Product:
    """A series with its configuration, baseline and captures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / WORK
        shutil.rmtree(self.work, ignore_errors=True)
        self.described = json.loads((folder / "series.json").read_text())
        self.features = list(self.described["kinds"])
        self.work.mkdir()
        training = str(folder / "training.csv")
        model = {
            "problem_type": "binary_classification",
            "features": self.described["kinds"],
            "target": "label",
            "family": "sklearn",
            "training_data": training,
            "time_column": "time",
            "time_zone": self.described["zone"],
        }
        # JSON is YAML
        config = self.work / CONFIG
        config.write_text(json.dumps({"models": {MODEL: model}}))
        make_baseline(str(config), MODEL, training, str(self.work / BASELINE), None)

    def read(self, name: str) -> pd.DataFrame:
        """A table with the text of each cell."""
        return pd.read_csv(self.folder / name, dtype=str, keep_default_na=False)

    def capture(self, rows: pd.DataFrame) -> None:
        """Write the captures of a day in place of those of another."""
        folder = self.work / CAPTURE
        shutil.rmtree(folder, ignore_errors=True)
        _capture(rows[["time", *self.features]], folder)

    def analyze(self, day: str, rows: pd.DataFrame, history: Path) -> list[str]:
        """Analyze a day into its history; the columns in alarm."""
        self.capture(rows)
        analyze(AnalyzeOptions(**_options(self.folder, day, history)))
        return _named(WindowReport.from_json((history / f"{day}.json").read_bytes()))


def command_of_last_day(folder: Path) -> list[str]:
    """What `driftloop` is called with to analyze the last live day, after all days before it."""
    history = folder / WORK / HISTORY
    day = max(path.stem for path in history.glob("*.json"))
    options = _options(folder, day, history) | {"out": str(folder / WORK / "last.json")}
    return ["analyze", *(part for name, value in options.items() for part in (f"--{name}", value))]


def _options(folder: Path, day: str, history: Path) -> dict[str, str]:
    start = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    work = folder / WORK
    return {
        "config": str(work / CONFIG),
        "model": MODEL,
        "baseline": str(work / BASELINE),
        "capture": str(work / CAPTURE),
        "out": str(history / f"{day}.json"),
        "start": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "end": f"{start + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
        "history": str(history),
    }


def _capture(rows: pd.DataFrame, folder: Path) -> None:
    for hour, of_hour in rows.groupby(rows["time"].str[:13].str.replace("T", "-")):
        place = folder / "endpoint" / "AllTraffic" / str(hour).replace("-", "/")
        place.mkdir(parents=True)
        with (place / f"00-00-000-{uuid.uuid4()}.jsonl").open("w") as file:
            for time, *cells in of_hour.itertuples(index=False):
                file.write(_LINE % (json.dumps(",".join(cells)), uuid.uuid4(), time))


def _named(report: WindowReport) -> list[str]:
    if report.verdict not in ("drifted", "invalid_data"):
        return []
    columns = {name for name, column in report.features.items() if column.drifted}
    return sorted(columns | {one.column for one in report.data_quality.violations if one.column})


def _with_faults(product: Product, history: Path, days: Decisions) -> Iterator[list[object]]:
    planted = product.read("faults.csv")
    changed = product.work / "changed"
    for key, rows in planted.groupby(["fault", "start"], sort=False):
        fault, start = map(str, key)
        changed.mkdir()
        for path in history.iterdir():
            if path.name.partition(".")[0] < start:
                os.link(path, changed / path.name)
        found = {}
        touched = {*product.described["faults"][fault]} - days.usual(start)
        for number in range(1, FAULT_DAYS + 1):
            day = date.fromisoformat(start) + timedelta(days=number - 1)
            of_day = rows[rows["day"] == str(number)]
            found[str(number)] = product.analyze(f"{day}", of_day, changed)
            if touched.intersection(found[str(number)]):
                break
        shutil.rmtree(changed)
        yield [fault, start, found]


def main(folder: str) -> None:
    """Print the columns in alarm of each day, and of the days with faults until one is found."""
    product = Product(Path(folder))
    history = product.work / HISTORY
    history.mkdir()
    live = product.read("live.csv")
    by_day = {str(day): rows for day, rows in live.groupby(live["time"].str[:10])}
    days = {day: product.analyze(day, rows, history) for day, rows in by_day.items()}
    faults = list(_with_faults(product, history, Decisions(days, [])))
    # the captures that stay are those of the last day
    product.capture(by_day[max(by_day)])
    print(json.dumps({"days": days, "faults": faults}))


if __name__ == "__main__":
    main(sys.argv[1])
