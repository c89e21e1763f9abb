"""The inside of an inference container: loads a model by its script and answers requests.

Run as a script in a process of its own, with the model's folder as its one argument. Talks in
frames over standard input and output: a header in JSON and a body, each with its length in 4 bytes
before. The first frame out says that the model is loaded, or why it can't be; then one answer per
request. Whatever the script prints goes to standard error, which is the log.

The script's functions are those of the SageMaker scikit-learn and XGBoost images:
``model_fn(model_dir)``, ``input_fn(body, content_type)``, ``predict_fn(data, model)``,
``output_fn(prediction, accept)``. Text bodies come as ``str``. An exception is an answer of status
500, or of the status that it carries in ``status_code``.
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

TEXT = {"text/csv", "application/json", "application/jsonlines", "text/plain"}
FUNCTIONS = ("model_fn", "input_fn", "predict_fn", "output_fn")


class Readable(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """That many bytes; fewer only at the end."""
        ...


class Writable(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> int:
        """Take the bytes."""
        ...

    def flush(self) -> None:
        """Send what was taken."""
        ...


def read_frame(stream: Readable) -> tuple[dict[str, Any], bytes] | None:
    """The next header and body; None at the end of the stream."""
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
    """Import the script that SAGEMAKER_PROGRAM names, out of the model's code folder."""
    code = Path(os.environ["SAGEMAKER_SUBMIT_DIRECTORY"])
    program = os.environ["SAGEMAKER_PROGRAM"]
    sys.path.insert(0, str(code))
    script = importlib.import_module(program.removesuffix(".py").replace("/", "."))
    missing = [name for name in FUNCTIONS if not hasattr(script, name)]
    if missing:
        raise AttributeError(f"{program} doesn't define {', '.join(missing)}")
    return script


def answer(
    script: ModuleType, model: Any, header: dict[str, Any], body: bytes
) -> tuple[Any, bytes]:
    """Predict for one request; header and body of the reply."""
    started = time.process_time()
    content_type, accept = header["content_type"], header["accept"]
    try:
        media = content_type.partition(";")[0].strip().lower()
        data = script.input_fn(body.decode() if media in TEXT else body, content_type)
        result = script.output_fn(script.predict_fn(data, model), accept)
        payload, returned = result if isinstance(result, tuple) else (result, accept)
        reply = {"status": 200, "content_type": _with_charset(returned)}
        encoded = payload if isinstance(payload, bytes) else str(payload).encode()
    except Exception as error:  # noqa: BLE001 - a container answers with it, whatever it is
        traceback.print_exc()
        reply = {"status": int(getattr(error, "status_code", 500)), "content_type": None}
        encoded = f"{type(error).__name__}: {error}".encode()
    return {**reply, "seconds": time.process_time() - started}, encoded


def _with_charset(content_type: str) -> str:
    is_bare_text = content_type.startswith("text/") and "charset" not in content_type
    return f"{content_type}; charset=utf-8" if is_bare_text else content_type


def serve(requests: Readable, replies: Writable, model_dir: str) -> None:
    """Load the model, say so, and answer until the stream of requests ends."""
    try:
        script = load_script()
        model = script.model_fn(model_dir)
    except Exception as error:  # noqa: BLE001 - whatever it is, the container doesn't come up
        traceback.print_exc()
        write_frame(replies, {"loaded": False, "error": f"{type(error).__name__}: {error}"})
        return
    write_frame(replies, {"loaded": True})
    while (frame := read_frame(requests)) is not None:
        reply, payload = answer(script, model, *frame)
        write_frame(replies, reply, payload)


def main() -> None:
    """Keep standard output for frames: what the model's code prints goes to the log."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, replies, sys.argv[1])


if __name__ == "__main__":
    main()
