"""What all List APIs share: filters, order, pages."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

from rehearsal.sagemaker.errors import invalid

T = TypeVar("T")


def page(
    records: Iterable[T],
    body: dict[str, Any],
    *,
    key: str,
    summary: Callable[[T], dict[str, Any]],
    name: str = "",
    created: str = "CreationTime",
    descending: bool = True,
    size: int = 100,
) -> dict[str, Any]:
    """One page of summaries under ``key``, filtered and ordered as the request says.

    ``records`` come in order of creation; ``name`` and ``created`` are the members of a summary
    that hold its name and its time of creation. ``descending`` is the API's default order.
    """
    rows = [summary(record) for record in records]
    rows = [row for row in rows if _wanted(row, body, name, created)]
    if body.get("SortBy") == "Name":
        rows.sort(key=lambda row: row[name])
    if body.get("SortOrder", "Descending" if descending else "Ascending") == "Descending":
        rows.reverse()
    start = _offset(body.get("NextToken"))
    end = start + int(body.get("MaxResults", size))
    answer: dict[str, Any] = {key: rows[start:end]}
    if end < len(rows):
        answer["NextToken"] = str(end)
    return answer


def instant(value: float | str) -> datetime:
    """A timestamp of a request: epoch seconds, or ISO 8601."""
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return datetime.fromtimestamp(value, UTC)


def _wanted(row: dict[str, Any], body: dict[str, Any], name: str, created: str) -> bool:
    if name and body.get("NameContains", "").lower() not in row[name].lower():
        return False
    for member, after in _TIME_FILTERS.items():
        if member in body:
            moment = row.get("LastModifiedTime" if "Modified" in member else created)
            if moment is None or (moment > instant(body[member])) is not after:
                return False
    return True


_TIME_FILTERS = {
    "CreationTimeAfter": True,
    "CreationTimeBefore": False,
    "LastModifiedTimeAfter": True,
    "LastModifiedTimeBefore": False,
    "CreatedAfter": True,
    "CreatedBefore": False,
}


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdecimal():
        raise invalid(f"NextToken {token!r} is not one that this API gave out")
    return int(token)
