"""The program of the process that holds a model, in place of an inference container.

It runs as a script with the model's folder as its only argument. It reads requests from standard
input and writes responses to standard output, as frames: a header in JSON and a body, each after
its length in 4 bytes. The first response says that the model is loaded, or why it is not; then
there is one response per request. What the model's script prints goes to standard error, the log.

The script's functions are those of the SageMaker scikit-learn and XGBoost images:
``model_fn(model_dir)``, ``input_fn(body, content_type)``, ``predict_fn(data, model)``,
``output_fn(prediction, accept)``. Text bodies are passed as ``str``. An exception gives a response
with status 500, or with the exception's ``status_code``.
"""

import importlib
import json
import os
import struct
import sys
import time
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

TEXT_CONTENT_TYPES = {"text/csv", "application/json", "application/jsonlines", "text/plain"}
FUNCTIONS = ("model_fn", "input_fn", "predict_fn", "output_fn")


class Readable(Protocol):
    """A source of bytes."""

    def read(self, size: int, /) -> bytes:
        """Return ``size`` bytes; fewer only at the end."""
        ...


class Writable(Protocol):
    """A sink for bytes."""

    def write(self, data: bytes, /) -> int:
        """Write bytes."""
        ...

    def flush(self) -> None:
        """Send written bytes."""
        ...


def read_frame(stream: Readable) -> tuple[dict[str, Any], bytes] | None:
    """Read the next header and body; None at the end of the stream."""
    header = _read_part(stream)
    if header is None:
        return None
    return json.loads(header), _read_part(stream) or b""


def write_frame(stream: Writable, header: dict[str, Any], body: bytes = b"") -> None:
    """Write one header and body."""
    encoded = json.dumps(header).encode()
    stream.write(struct.pack(">I", len(encoded)) + encoded + struct.pack(">I", len(body)) + body)
    stream.flush()


def _read_part(stream: Readable) -> bytes | None:
    size = stream.read(4)
    return stream.read(struct.unpack(">I", size)[0]) if len(size) == 4 else None


def load_script() -> ModuleType:
    """Import the script that SAGEMAKER_PROGRAM names from the model's code folder."""
    code = Path(os.environ["SAGEMAKER_SUBMIT_DIRECTORY"])
    program = os.environ["SAGEMAKER_PROGRAM"]
    sys.path.insert(0, str(code))
    script = importlib.import_module(program.removesuffix(".py").replace("/", "."))
    missing = [name for name in FUNCTIONS if not hasattr(script, name)]
    if missing:
        raise AttributeError(f"{program} doesn't define {', '.join(missing)}")
    return script


def handle_request(
    script: ModuleType, model: Any, header: dict[str, Any], body: bytes
) -> tuple[Any, bytes]:
    """Predict for one request; returns header and body of the response."""
    started = time.process_time()
    content_type, accept = header["content_type"], header["accept"]
    try:
        media_type = content_type.partition(";")[0].strip().lower()
        data = script.input_fn(
            body.decode() if media_type in TEXT_CONTENT_TYPES else body, content_type
        )
        result = script.output_fn(script.predict_fn(data, model), accept)
        payload, returned_type = result if isinstance(result, tuple) else (result, accept)
        response = {"status": 200, "content_type": _with_charset(returned_type)}
        encoded = payload if isinstance(payload, bytes) else str(payload).encode()
    except Exception as error:  # noqa: BLE001 - a container responds to every exception
        traceback.print_exc()
        response = {"status": int(getattr(error, "status_code", 500)), "content_type": None}
        encoded = f"{type(error).__name__}: {error}".encode()
    return {**response, "seconds": time.process_time() - started}, encoded


def _with_charset(content_type: str) -> str:
    is_bare_text = content_type.startswith("text/") and "charset" not in content_type
    return f"{content_type}; charset=utf-8" if is_bare_text else content_type


def serve(requests: Readable, responses: Writable, model_dir: str) -> None:
    """Load the model, report it, and handle requests until their stream ends."""
    try:
        script = load_script()
        model = script.model_fn(model_dir)
    except Exception as error:  # noqa: BLE001 - a container stops at every exception
        traceback.print_exc()
        write_frame(responses, {"loaded": False, "error": f"{type(error).__name__}: {error}"})
        return
    write_frame(responses, {"loaded": True})
    while (frame := read_frame(requests)) is not None:
        header, payload = handle_request(script, model, *frame)
        write_frame(responses, header, payload)


def main() -> None:
    """Serve on standard output; redirect what the model's code prints to the log."""
    responses = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, responses, sys.argv[1])


if __name__ == "__main__":
    main()
