"""The program of the process that holds a model, in place of an inference container.

It runs as a script; ``SAGEMAKER_BASE_DIR`` is the folder that stands for ``/opt/ml``. It reads
requests from standard input and writes responses to standard output, as frames: a header in JSON
and a body, each after its length in 4 bytes. The first response says that the model is loaded, or
why it is not; then there is one response per request. What the model's script prints goes to
standard error, the log.

Requests are answered by sagemaker-containers, the toolkit with which the scikit-learn and XGBoost
images serve (github.com/aws/sagemaker-scikit-learn-container, serving.py). So the content type and
the status of a response are the toolkit's. Its WSGI application is called directly: nginx and
gunicorn, which the images have in front of it, change neither. The toolkit's installation of the
code by pip is left out; the code's folder is on the path instead.
"""

import collections
import collections.abc
import importlib
import io
import json
import os
import struct
import sys
import time
import traceback
from collections.abc import Iterable
from typing import Any, Protocol

FUNCTIONS = ("model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn")
PORT = "8080"


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


class WsgiApplication(Protocol):
    """The web application of the toolkit."""

    def __call__(self, environ: dict[str, Any], start_response: Any, /) -> Iterable[bytes]:
        """Answer one request."""
        ...


def load_application() -> WsgiApplication:
    """Load the script and its model into the toolkit's application, and check its health."""
    environment, files, transformer, worker = _import_toolkit()
    serving = environment.ServingEnv()
    files.download_and_extract(serving.module_dir, environment.code_dir)
    sys.path.insert(0, environment.code_dir)
    script = importlib.import_module(serving.module_name)
    functions = {name: getattr(script, name) for name in FUNCTIONS if hasattr(script, name)}
    chain = transformer.Transformer(**functions)
    chain.initialize()
    application: WsgiApplication = worker.Worker(
        transform_fn=chain.transform, module_name=serving.module_name
    )
    status, _, _ = call(application, "GET", "/ping", {}, b"")
    if status != 200:
        raise RuntimeError(f"/ping is answered with status {status}")
    return application


def _import_toolkit() -> tuple[Any, Any, Any, Any]:
    """Import the toolkit's modules; it was written for an older Python and an older protobuf.

    The images' Dockerfiles replace ``collections.Mapping`` in its code, and install protobuf 3.20
    (aws/deep-learning-containers, docker/sklearn/1.9-0/Dockerfile).
    """
    os.environ.setdefault("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "python")
    collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]
    try:
        from sagemaker_containers import _env, _files, _transformer, _worker
    finally:
        del collections.Mapping  # type: ignore[attr-defined]
    return _env, _files, _transformer, _worker


def call(
    application: WsgiApplication, method: str, path: str, headers: dict[str, str], body: bytes
) -> tuple[int, str | None, bytes]:
    """Status, content type and body of the application's response (PEP 3333)."""
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": PORT,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **headers,
    }
    answered: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        answered.update(status=int(status.split()[0]), headers=dict(headers))

    payload = b"".join(application(environ, start_response))
    return answered["status"], answered["headers"].get("Content-Type"), payload


def handle_request(
    application: WsgiApplication, header: dict[str, Any], body: bytes
) -> tuple[dict[str, Any], bytes]:
    """Predict for one request; returns header and body of the response."""
    started = time.process_time()
    headers = {"CONTENT_TYPE": header["content_type"]}
    if header["accept"]:
        headers["HTTP_ACCEPT"] = header["accept"]
    status, content_type, payload = call(application, "POST", "/invocations", headers, body)
    response = {"status": status, "content_type": content_type}
    return {**response, "seconds": time.process_time() - started}, payload


def serve(requests: Readable, responses: Writable) -> None:
    """Load the model, report it, and handle requests until their stream ends."""
    try:
        application = load_application()
    except Exception as error:  # noqa: BLE001 - a container stops at every exception
        traceback.print_exc()
        write_frame(responses, {"loaded": False, "error": f"{type(error).__name__}: {error}"})
        return
    write_frame(responses, {"loaded": True})
    while (frame := read_frame(requests)) is not None:
        header, payload = handle_request(application, *frame)
        write_frame(responses, header, payload)


def main() -> None:
    """Serve on standard output; redirect what the model's code prints to the log."""
    responses = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, responses)


if __name__ == "__main__":
    main()
