"""libsvm: sparse rows of ``index:value`` pairs, as SageMaker's XGBoost takes them.

A row is ``<label> <index0>:<value0> <index1>:<value1> …``; the label may be absent in a request,
and indexes count from zero (SageMaker developer guide, "XGBoost algorithm", Input/Output). A cell
without a pair is missing, and not 0: the container makes a sparse matrix of the pairs
(aws/sagemaker-xgboost-container, ``serve_utils._get_sparse_matrix_from_libsvm``), and the tree
booster takes what a sparse matrix lacks as missing (XGBoost documentation, "Frequently Asked
Questions"). A value of 0 is written as ``3:0``.
"""

from driftloop.capture.line_counts import RejectedLineError, RejectReason
from driftloop.capture.sparse_row import SparseRow

MAX_INDEX_DIGITS = 9
"""Digits of an index: no payload has a billion columns."""


def read(text: str) -> list[SparseRow]:
    """Rows by index; the label is dropped, and empty lines are ignored."""
    return [_row(line.split()) for line in text.splitlines() if line.strip()]


def _row(tokens: list[str]) -> SparseRow:
    pairs = tokens[1:] if ":" not in tokens[0] else tokens
    cells: dict[int, str] = {}
    for pair in pairs:
        index, colon, value = pair.partition(":")
        is_index = index.isascii() and index.isdigit() and len(index) <= MAX_INDEX_DIGITS
        if not colon or not is_index or int(index) in cells:
            raise RejectedLineError(
                RejectReason.UNREADABLE_PAYLOAD, f"not libsvm: {pair[:40]!r} is no index:value pair"
            )
        cells[int(index)] = value
    return SparseRow(cells)
