"""Writes flights as captured requests, in the format and layout of SageMaker's data capture."""

import json
from collections.abc import Sequence
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pandas as pd

from examples.flights.source import FEATURES, TARGET

LABEL_DELAY_HOURS = 12

ENDPOINT, VARIANT = "flights", "AllTraffic"


def write_captured(folder: Path, table: pd.DataFrame, scores: Sequence[float]) -> int:
    """Write one request per hour, with all flights scheduled to depart in it.

    Data capture's keys are ``<endpoint>/<variant>/yyyy/mm/dd/hh/<name>.jsonl``.

    Returns:
        The number of files.
    """
    hours = table.assign(prediction=scores).groupby("time", sort=True)
    for time, rows in hours:
        _write(folder, str(time), rows)
    return len(hours)


def _write(folder: Path, time: str, rows: pd.DataFrame) -> None:
    event_id = _event_id(time)
    day, hour = time[:10].split("-"), time[11:13]
    target = folder.joinpath(ENDPOINT, VARIANT, *day, hour, f"00-00-000-{event_id}.jsonl")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(_record(event_id, time, rows)) + "\n")


def write_labels(folder: Path, table: pd.DataFrame) -> int:
    """Write the labels of each hour's request, in SageMaker's format of ground truth.

    The keys are ``yyyy/mm/dd/hh/labels.jsonl`` of the hour in which they are collected, twelve
    hours after the departure.

    Returns:
        The number of files.
    """
    hours = table.groupby("time", sort=True)
    for time, rows in hours:
        collected = pd.Timestamp(str(time)) + pd.Timedelta(hours=LABEL_DELAY_HOURS)
        target = folder / f"{collected:%Y/%m/%d/%H}" / "labels.jsonl"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(_label(str(time), rows)) + "\n")
    return len(hours)


def _label(time: str, rows: pd.DataFrame) -> dict[str, object]:
    data = "\n".join(map(str, rows[TARGET]))
    return {
        "groundTruthData": {"data": data, "encoding": "CSV"},
        "eventMetadata": {"eventId": _event_id(time)},
        "eventVersion": "0",
    }


def _event_id(time: str) -> str:
    return str(uuid5(NAMESPACE_URL, time))


def _record(event_id: str, time: str, rows: pd.DataFrame) -> dict[str, object]:
    return {
        "captureData": {
            "endpointInput": _payload("INPUT", rows[list(FEATURES)]),
            "endpointOutput": _payload("OUTPUT", rows[["prediction"]]),
        },
        "eventMetadata": {"eventId": event_id, "inferenceTime": time},
        "eventVersion": "0",
    }


def _payload(mode: str, rows: pd.DataFrame) -> dict[str, str]:
    text = rows.to_csv(index=False, header=False, lineterminator="\n")
    return {"observedContentType": "text/csv", "mode": mode, "data": text, "encoding": "CSV"}
