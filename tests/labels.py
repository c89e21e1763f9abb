"""Label files and captured requests of tests, as SageMaker writes them."""

import json
from collections.abc import Sequence
from pathlib import Path


def label_line(request_id: str, data: object, encoding: str = "CSV") -> bytes:
    """A line of a label file."""
    return json.dumps(
        {
            "groundTruthData": {"data": data, "encoding": encoding},
            "eventMetadata": {"eventId": request_id},
            "eventVersion": "0",
        }
    ).encode()


def capture_line(
    event_id: str,
    rows: Sequence[str],
    predictions: Sequence[object],
    time: str,
    *,
    inference_id: str | None = None,
    attributes: str | None = None,
) -> bytes:
    """A line of a captured file: the rows of a request in CSV, and its predictions."""

    def payload(mode: str, lines: Sequence[object]) -> dict[str, str]:
        text = "\n".join(map(str, lines))
        return {"observedContentType": "text/csv", "mode": mode, "data": text, "encoding": "CSV"}

    metadata: dict[str, object] = {"eventId": event_id, "inferenceTime": time}
    if inference_id is not None:
        metadata["inferenceId"] = inference_id
    if attributes is not None:
        metadata["customAttributes"] = [attributes]
    return json.dumps(
        {
            "captureData": {
                "endpointInput": payload("INPUT", rows),
                "endpointOutput": payload("OUTPUT", predictions),
            },
            "eventMetadata": metadata,
            "eventVersion": "0",
        }
    ).encode()


def write_lines(path: Path, lines: Sequence[bytes]) -> None:
    """Write the lines of a file, and create its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(lines) + b"\n")
