"""Settings that would read a payload that is not read, found by the names of the features.

A suggestion is tried before it is made: a mapping that does not read the payload is not shown.
"""

import json
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, islice
from typing import TypeGuard

from driftloop.capture.line_counts import RejectedLineError
from driftloop.capture.request_rows import RequestRowReader
from driftloop.cell_values import is_missing, parse_number
from driftloop.path_expressions import MAX_STEPS, PathExpression
from driftloop.payload_mapping import PayloadMapping
from driftloop.schema import Kind, Schema

MAX_NODES = 2_000
"""Keys of a document that are looked at."""

MAX_COMBINATIONS = 500
"""Ways to leave out cells of a row that are tried."""

MAX_ROWS = 20
"""Rows of a payload by which the kinds of its cells are recognized."""

MAX_SUGGESTION_LENGTH = 4_000
"""Characters of a suggestion: the keys of a hundred features."""

Steps = tuple[str | int, ...]


def suggest_for_request(document: object, schema: Schema, mapping: PayloadMapping) -> str:
    """Settings of driftloop.yaml, one per line, that would read a request; "" if none are known."""
    rows = document if isinstance(document, list) else []
    if rows and not any(isinstance(cell, list | dict) for cell in rows):
        rows = [rows]
    if rows and all(_is_row(row) for row in rows[:MAX_ROWS]):
        return _suggest_columns(rows[:MAX_ROWS], schema)
    chosen = _choose_paths(document, schema)
    if not chosen:
        return _suggest_rows(document, schema, mapping)
    prefix = _common_prefix([path[:-1] for path in chosen.values()])
    records = prefix[:-1] if prefix and prefix[-1] == PathExpression.EACH else prefix
    keys = {
        name: str(PathExpression(path[len(prefix) :]))
        for name, path in chosen.items()
        if path[len(prefix) :] != (name,)
    }
    records_key = str(PathExpression(records)) if records else None
    suggested = replace(mapping, records_key=records_key, feature_keys=keys)
    if suggested == mapping or not _reads(document, schema, suggested, chosen):
        return ""
    lines = [f"records_key: {_quote(records_key)}"] if records_key else []
    lines += [f"feature_keys: {_flow(keys)}"] if keys else []
    return _bounded("\n".join(lines))


def suggest_for_response(document: object, schema: Schema) -> str:
    """Settings of driftloop.yaml that may read a response; "" if none are known."""
    row = document[0] if isinstance(document, list) and document else document
    if isinstance(row, list) and len(row) > 1:
        return f"inference_response_keys: [the names of the {len(row)} cells]"
    is_score = schema.prediction.kind is Kind.NUMERIC
    paths = [
        str(PathExpression(steps))
        for steps, value in _keys(document)
        if not isinstance(value, list | dict)
        and not is_missing(value)
        and (parse_number(value) is not None or not is_score)
    ]
    distinct = [*dict.fromkeys(paths)][:5]
    if not distinct:
        return ""
    shown = " or ".join(map(_quote, distinct))
    return _bounded(f"prediction_key: {shown}")


def _suggest_rows(document: object, schema: Schema, mapping: PayloadMapping) -> str:
    """The one key whose value is a row of cells, or rows, that fit the model's columns."""
    kinds = {feature.name: feature.kind for feature in schema.features}
    columns = [kinds.get(name) for name in schema.columns]
    found = []
    for steps, value in _keys(document):
        rows = [value] if _is_row(value) else value
        if not isinstance(rows, list) or not rows:
            continue
        fitting = [row for row in rows[:MAX_ROWS] if _is_row(row) and len(row) == len(columns)]
        if len(fitting) == len(rows[:MAX_ROWS]) and _are_numbers(fitting, (), columns):
            found.append(replace(mapping, records_key=str(PathExpression(steps))))
    if len(found) != 1 or found[0] == mapping or not _reads(document, schema, found[0], {}):
        return ""
    return _bounded(f"records_key: {_quote(found[0].records_key or '')}")


def _choose_paths(document: object, schema: Schema) -> dict[str, Steps]:
    """The one path of each feature, for most of the features; empty if they are not found."""
    paths = [steps for steps, _ in _keys(document)]
    chosen: dict[str, Steps] = {}
    for name in schema.names:
        exact = [steps for steps in paths if steps[-1] == name]
        similar = [steps for steps in paths if _plain(str(steps[-1])) == _plain(name)]
        found = exact or similar
        if len(found) == 1:
            chosen[name] = found[0]
    return chosen if 2 * len(chosen) >= len(schema.names) else {}


def _keys(document: object) -> Iterator[tuple[Steps, object]]:
    """The path and the value of each key, outermost first; of a list, those of its first item."""
    waiting: deque[tuple[Steps, object]] = deque([((), document)])
    count = 0
    while waiting and count < MAX_NODES:
        steps, value = waiting.popleft()
        if len(steps) >= MAX_STEPS:
            continue
        if isinstance(value, list) and value and isinstance(value[0], list | dict):
            waiting.append(((*steps, PathExpression.EACH), value[0]))
        elif isinstance(value, dict):
            for key, inner in islice(value.items(), MAX_NODES):
                count += 1
                yield (*steps, key), inner
                waiting.append(((*steps, key), inner))


def _common_prefix(paths: Sequence[Steps]) -> Steps:
    shortest = min(paths, key=len)
    length = 0
    while length < len(shortest) and len({path[length] for path in paths}) == 1:
        length += 1
    return shortest[:length]


def _reads(
    document: object, schema: Schema, mapping: PayloadMapping, chosen: dict[str, Steps]
) -> bool:
    reader = RequestRowReader(schema, mapping)
    try:
        reader.read(document)
    except RejectedLineError:
        return False
    return not set(reader.missing) & set(chosen)


def _is_row(row: object) -> TypeGuard[list[object]]:
    """Whether an item of a document is a row of cells."""
    return isinstance(row, list) and not any(isinstance(cell, list | dict) for cell in row)


def _suggest_columns(rows: Sequence[list[object]], schema: Schema) -> str:
    """Which cells are no features, if there is only one way to read the others as numbers."""
    extra = min(map(len, rows)) - len(schema.columns)
    if extra <= 0 or len({*map(len, rows)}) != 1:
        return ""
    kinds = {feature.name: feature.kind for feature in schema.features}
    ways = [
        ignored
        for ignored in islice(combinations(range(len(rows[0])), extra), MAX_COMBINATIONS)
        if _are_numbers(rows, ignored, [kinds.get(name) for name in schema.columns])
    ]
    if len(ways) != 1:
        return f"features: add {extra} with the kind ignore, in the positions of the request"
    names = iter(schema.columns)
    columns = {}
    for position in range(len(rows[0])):
        if position in ways[0]:
            columns[f"column_{position + 1}"] = str(Kind.IGNORE)
        else:
            name = next(names)
            columns[name] = str(kinds.get(name, Kind.IGNORE))
    return _bounded(f"features: {_flow(columns)}")


def _are_numbers(
    rows: Sequence[list[object]], ignored: Sequence[int], kinds: Sequence[Kind | None]
) -> bool:
    """Whether all cells of numeric columns are numbers, without those at the ignored positions."""
    left = [position for position in range(len(rows[0])) if position not in ignored]
    numeric = [place for place, kind in zip(left, kinds, strict=True) if kind is Kind.NUMERIC]
    return all(
        is_missing(row[place]) or parse_number(row[place]) is not None
        for row in rows
        for place in numeric
    )


def _plain(name: str) -> str:
    """A name without case and punctuation: `Home-City` is `home_city`."""
    return "".join(character for character in name.casefold() if character.isalnum())


def _flow(items: dict[str, str]) -> str:
    """A mapping as YAML in one line; every text is quoted, since YAML reads some as booleans."""
    return "{" + ", ".join(f"{_quote(key)}: {_quote(text)}" for key, text in items.items()) + "}"


def _quote(text: str) -> str:
    """The text as JSON, and so as YAML; invisible characters are escaped."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _bounded(text: str) -> str:
    return text if len(text) <= MAX_SUGGESTION_LENGTH else ""
