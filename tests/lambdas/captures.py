"""Captured files in SageMaker's own format and key layout, and baselines to compare them with."""

import json
import uuid
from functools import cache
from typing import Any

import boto3
import numpy as np

from driftloop.capture import RecordBatch
from driftloop.profile import fit_baseline
from driftloop.schema import Feature, Kind, ProblemType, Schema

SCHEMA = Schema(
    (Feature("temp", Kind.NUMERIC), Feature("carrier", Kind.CATEGORICAL)),
    "late",
    ProblemType.BINARY_CLASSIFICATION,
)
CATEGORIES = np.array(["UA", "AA", "DL"])


def write_baseline(version=1):
    key = baseline_key(version)
    boto3.client("s3").put_object(Bucket="artifacts", Key=key, Body=baseline_bytes())
    return f"s3://artifacts/{key}"


def baseline_key(version):
    return f"runs/late/v{version}/model.baseline"


@cache
def baseline_bytes(schema=SCHEMA):
    draw = np.random.default_rng(7)
    rows = 5000
    columns: dict[str, Any] = {
        "temp": draw.normal(50.0, 10.0, rows).round(4),
        "carrier": list(CATEGORIES[draw.integers(0, 3, rows)]),
    }
    columns = {name: columns[name] for name in schema.names}
    return fit_baseline(
        RecordBatch.from_columns(schema, columns, prediction=draw.uniform(0, 1, rows).round(4))
    ).to_bytes()


def records(
    hour, count=300, shift=0.0, seed=1, minute=10, categories=CATEGORIES, distort=lambda u: u
):
    """Lines of one captured file; ``hour`` as 2026-03-10T11.

    ``shift`` moves temp, ``categories`` are the carriers, ``distort`` distorts the predictions.
    """
    draw = np.random.default_rng(seed)
    lines = []
    for number in range(count):
        event = str(uuid.UUID(int=seed * 10**6 + number))
        temp, carrier = (
            50 + shift + 10 * draw.standard_normal(),
            categories[draw.integers(0, len(categories))],
        )
        lines.append(
            {
                "captureData": {
                    "endpointInput": {
                        "observedContentType": "text/csv",
                        "mode": "INPUT",
                        "data": f"{temp:.4f},{carrier}",
                        "encoding": "CSV",
                    },
                    "endpointOutput": {
                        "observedContentType": "text/csv; charset=utf-8",
                        "mode": "OUTPUT",
                        "data": f"{distort(draw.uniform()):.4f}",
                        "encoding": "CSV",
                    },
                },
                "eventMetadata": {
                    "eventId": event,
                    "inferenceTime": f"{hour}:{minute:02d}:{number % 60:02d}Z",
                },
                "eventVersion": "0",
            }
        )
    return lines


def write_capture(hour, body, version=1, name="10-00-000-a.jsonl"):
    """Put a captured file under the hour's folder; ``body`` is records or raw bytes."""
    if not isinstance(body, bytes):
        body = "".join(json.dumps(line) + "\n" for line in body).encode()
    day, clock = hour.split("T")
    folder = f"late/v{version}/driftloop-test-late/AllTraffic/{day.replace('-', '/')}/{clock}"
    key = f"{folder}/{name}"
    boto3.client("s3").put_object(Bucket="capture", Key=key, Body=body)
    return key
