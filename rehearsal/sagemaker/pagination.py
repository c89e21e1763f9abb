"""Filters, order and pages of the List APIs."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

from rehearsal.sagemaker.errors import validation_error

T = TypeVar("T")


def paginate(
    resources: Iterable[T],
    body: dict[str, Any],
    *,
    key: str,
    summary: Callable[[T], dict[str, Any]],
    name: str = "",
    created: str = "CreationTime",
    descending: bool = True,
    size: int = 100,
) -> dict[str, Any]:
    """Return one page of summaries under ``key``, filtered and ordered as the request says.

    ``resources`` are in order of creation. ``name`` and ``created`` are the members of a summary
    that hold its name and its creation time. ``descending`` is the API's default order.
    """
    summaries = [summary(resource) for resource in resources]
    summaries = [each for each in summaries if _matches(each, body, name, created)]
    if body.get("SortBy") == "Name":
        summaries.sort(key=lambda each: each[name])
    if body.get("SortOrder", "Descending" if descending else "Ascending") == "Descending":
        summaries.reverse()
    start = _decode_token(body.get("NextToken"))
    end = start + int(body.get("MaxResults", size))
    response: dict[str, Any] = {key: summaries[start:end]}
    if end < len(summaries):
        response["NextToken"] = str(end)
    return response


def parse_timestamp(value: float | str) -> datetime:
    """Parse a timestamp of a request, in epoch seconds or ISO 8601."""
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return datetime.fromtimestamp(value, UTC)


def _matches(summary: dict[str, Any], body: dict[str, Any], name: str, created: str) -> bool:
    if name and body.get("NameContains", "").lower() not in summary[name].lower():
        return False
    for member, after in _TIME_FILTERS.items():
        if member in body:
            time = summary.get("LastModifiedTime" if "Modified" in member else created)
            if time is None or (time > parse_timestamp(body[member])) is not after:
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


def _decode_token(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdecimal():
        raise validation_error(f"NextToken {token!r} was not returned by this API")
    return int(token)
