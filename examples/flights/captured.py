"""Flights as requests to an endpoint, in the files that SageMaker's data capture writes."""

import json
from collections.abc import Sequence
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pandas as pd

from examples.flights.source import FEATURES

ENDPOINT, VARIANT = "flights", "AllTraffic"


def write_captured(folder: Path, table: pd.DataFrame, scores: Sequence[float]) -> int:
    """One request an hour, about all flights that are to leave in it; the number of files.

    Files lie as data capture puts them: ``<endpoint>/<variant>/yyyy/mm/dd/hh/<name>.jsonl``.
    """
    hours = table.assign(answer=scores).groupby("time", sort=True)
    for time, rows in hours:
        _write(folder, str(time), rows)
    return len(hours)


def _write(folder: Path, time: str, rows: pd.DataFrame) -> None:
    event = str(uuid5(NAMESPACE_URL, time))
    day, hour = time[:10].split("-"), time[11:13]
    target = folder.joinpath(ENDPOINT, VARIANT, *day, hour, f"00-00-000-{event}.jsonl")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(_record(event, time, rows)) + "\n")


def _record(event: str, time: str, rows: pd.DataFrame) -> dict[str, object]:
    return {
        "captureData": {
            "endpointInput": _side("INPUT", rows[list(FEATURES)]),
            "endpointOutput": _side("OUTPUT", rows[["answer"]]),
        },
        "eventMetadata": {"eventId": event, "inferenceTime": time},
        "eventVersion": "0",
    }


def _side(mode: str, rows: pd.DataFrame) -> dict[str, str]:
    text = rows.to_csv(index=False, header=False, lineterminator="\n")
    return {"observedContentType": "text/csv", "mode": mode, "data": text, "encoding": "CSV"}
