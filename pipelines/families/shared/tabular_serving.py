"""The functions of inference.py that are the same for every tabular model.

The serving toolkit of the images answers every exception of a script with status 500
(sagemaker-containers 2.8.6.post2, ``_functions.error_wrapper``), and a status of 500 counts as an
error of the model: it can roll a release back. So what is wrong with a request is not raised. It
is passed on as a RequestError, and ``output_fn`` returns it as a response with status 4xx, which
the toolkit sends as it is (``_transformer.Transformer.transform``). An error of the model itself
stays an exception.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from tabular_frame import Frame
from tabular_payload import Request, RequestError, choose_content_type, columns, parse, write

REPLACEMENT_CHARACTER = "\ufffd"


@dataclass(frozen=True)
class Predictions:
    """One prediction per row, and the content type of the request."""

    rows: list[dict[str, Any]]
    content_type: str


def input_fn(body: str | bytes, content_type: str) -> Request | RequestError:
    """The rows of a request, or what is wrong with it."""
    if isinstance(body, str) and not _is_utf8(body):
        return RequestError("The body is not UTF-8.")
    try:
        request: Request = parse(body, content_type)
    except RequestError as error:
        return error
    return request


def predict_rows(
    request: Request | RequestError, frame: Frame, predict: Callable[[np.ndarray], np.ndarray]
) -> Predictions | RequestError:
    """One prediction per row; ``predict`` has float64[n, features] as its argument, n > 0."""
    if isinstance(request, RequestError):
        return request
    try:
        cells = columns(request.rows, list(frame.features), frame.request_columns)
    except RequestError as error:
        return error
    matrix = frame.matrix(cells)
    output = predict(matrix) if len(matrix) else np.empty(0)
    return Predictions(frame.predictions(output), request.content_type)


def output_fn(predictions: Predictions | RequestError, accept: str | None = None) -> Any:
    """Body and content type of the response: the request's own type unless ``accept`` has another.

    For a wrong request, a response with status 4xx and one sentence as its text.
    """
    if isinstance(predictions, RequestError):
        return _refuse(predictions)
    try:
        content_type = choose_content_type(accept, predictions.content_type)
    except RequestError as error:
        return _refuse(error)
    return write(predictions.rows, content_type), content_type


def _refuse(error: RequestError) -> Any:
    from flask import Response  # the toolkit's own framework; only a wrong request needs it

    return Response(f"{error}\n", error.status, mimetype="text/plain")


def _is_utf8(text: str) -> bool:
    """Whether a text is what the client sent.

    The toolkit decodes CSV and JSON itself, and replaces bytes that are not UTF-8. A text that had
    the replacement character from the start has the length that the request declares.
    """
    if REPLACEMENT_CHARACTER not in text:
        return True
    from flask import has_request_context, request

    length = request.content_length if has_request_context() else None
    return length is None or length == len(text.encode())
