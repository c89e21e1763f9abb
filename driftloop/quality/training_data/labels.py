"""Checks the labels of training data: are there any, and do both parts of the rows have classes?"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from driftloop.cell_values import MISSING_TEXTS, Cells, category_key, is_missing, numeric_values
from driftloop.quality.training_data.features import equivalent_texts
from driftloop.quality.training_data.findings import Finding, Rows
from driftloop.quality.violations import percent
from driftloop.schema import ProblemType, Schema
from driftloop.untrusted_text import quoted_value

MAX_NAMED_CLASSES = 10
"""Classes that a message names."""

MIN_ROWS = 20
"""Minimum number of training rows and of holdout rows; with fewer, no score is meaningful."""

SETTING = "target"


def check_labels(
    schema: Schema,
    cells: Cells,
    times: NDArray[np.float64] | None,
    rows: Rows,
    *,
    holdout_share: float,
    max_unusable_share: float,
) -> Iterator[Finding]:
    """Check the labels of training data.

    Args:
        schema: The target and the problem type.
        cells: The labels.
        times: Times of the rows, float64[n], NaN where unknown; None without any.
        rows: What the rows are.
        holdout_share: Share of the rows, the newest ones, that are held out.
        max_unusable_share: Share of unusable labels above which nothing is trained.
    """
    cells = list(cells)
    unlabeled = [is_missing(cell, schema.label_missing_texts) for cell in cells]
    if all(unlabeled):
        yield Finding(SETTING, f"target {schema.target!r} has no value in {rows}", is_error=True)
        return
    if schema.problem_type is ProblemType.REGRESSION:
        yield from _check_numbers(schema, cells, unlabeled, rows, max_unusable_share)
        return
    keys = [category_key(cell, missing_texts=schema.label_missing_texts) for cell in cells]
    labels = [key for key in keys if key is not None]
    counts = Counter(labels)
    problem = class_problem(schema, sorted(counts))
    is_small = len(labels) * min(holdout_share, 1 - holdout_share) < MIN_ROWS
    if problem is not None:
        # a file with too few rows to train is a sketch of what is to come
        is_certain = (rows.is_complete or len(counts) > 2) and not is_small
        yield Finding(SETTING, f"{problem}, in {rows}", is_error=is_certain)
    else:
        yield from _check_names(schema, counts, rows)
    if not rows.is_complete or (problem is not None and not is_small):
        return
    if is_small:
        yield Finding(
            SETTING,
            f"{len(labels)} rows have a label: of the training rows and of the"
            f" {holdout_share:.0%} of all rows that are held out (evaluation.holdout_share), at"
            f" least {MIN_ROWS} each are needed to train",
        )
    elif times is not None and np.isfinite(times).any():
        yield from check_split(schema, *_split(keys, times, holdout_share))
    else:
        rare = [name for name, count in sorted(counts.items()) if count == 1]
        if rare:
            yield Finding(
                SETTING,
                f"target {schema.target!r}: one row only has the class {_list(rare)}, so that it"
                " is missing from the training rows or from the holdout rows",
            )


def class_problem(schema: Schema, classes: Sequence[str]) -> str | None:
    """Why these can't be the classes of the target; None if they can."""
    is_binary = schema.problem_type is ProblemType.BINARY_CLASSIFICATION
    if len(classes) >= 2 and (not is_binary or len(classes) == 2):
        return None
    required = "exactly two" if is_binary else "at least two"
    found = ", ".join(classes[:MAX_NAMED_CLASSES]) or "none"
    return f"target {schema.target}: {required} classes are required, found: {found}"


def check_split(
    schema: Schema, training: Collection[str], holdout: Collection[str]
) -> Iterator[Finding]:
    """Check that a model can learn to distinguish classes, and can be evaluated.

    The holdout is the newest rows, so that a class can be absent from either.

    Args:
        schema: The target.
        training: The classes of the training rows.
        holdout: The classes of the holdout rows.
    """
    classes = sorted({*training, *holdout})
    for name, found in (("training", training), ("holdout", holdout)):
        if len({*found}) < 2:
            shown = quoted_value(min(found)) if found else "none"
            yield Finding(
                SETTING,
                f"target {schema.target}: all {len(found)} {name} rows have the class {shown}, and"
                f" at least two classes are required. The data has {len(classes)} classes: collect"
                " more labels of the others, or raise retraining.lookback_days",
                is_error=True,
            )
            return
    absent = [name for name in classes if name not in set(training)]
    if absent:
        yield Finding(
            SETTING,
            "classes without a training row, which the model never predicts:"
            f" {_list(absent)}. All of their rows are among the newest, which are held out",
        )


def _split(
    keys: Sequence[str | None], times: NDArray[np.float64], holdout_share: float
) -> tuple[list[str], list[str]]:
    """The classes of the training rows and of the newest rows, as Curate splits them."""
    labeled = [position for position, key in enumerate(keys) if key is not None]
    timed = [position for position in labeled if np.isfinite(times[position])]
    timed.sort(key=lambda position: float(times[position]))
    held_out = set(timed[len(timed) - round(len(timed) * holdout_share) :])
    training = [str(keys[position]) for position in labeled if position not in held_out]
    return training, [str(keys[position]) for position in sorted(held_out)]


def _check_numbers(
    schema: Schema,
    cells: Sequence[object],
    unlabeled: Sequence[bool],
    rows: Rows,
    max_unusable_share: float,
) -> Iterator[Finding]:
    usable = np.isfinite(numeric_values(cells)[0])
    unusable = [
        cell
        for cell, known, absent in zip(cells, usable, unlabeled, strict=True)
        if not known and not absent
    ]
    if not unusable:
        return
    share = len(unusable) / len(cells)
    text = (
        f"target {schema.target!r}: {percent(share)} of the labels in {rows} are no finite numbers,"
        f" such as {quoted_value(str(unusable[0]))}"
    )
    if len(unusable) == len(cells) - sum(unlabeled) or share > max_unusable_share:
        limit = f"retraining.max_unusable_share is {max_unusable_share:.1%}"
        yield Finding(
            SETTING,
            f"{text}, and {limit}: nothing is trained. Write numbers as in 1234.5, without"
            " separators, units and signs of money",
            is_error=True,
        )
    else:
        yield Finding(SETTING, f"{text}. These rows are not used")


def _check_names(schema: Schema, counts: Counter[str], rows: Rows) -> Iterator[Finding]:
    words = [
        name
        for name in sorted(counts)
        if name.lower() in MISSING_TEXTS and schema.target not in schema.keep_na_texts
    ]
    if words:
        number = sum(counts[name] for name in words)
        yield Finding(
            SETTING,
            f"target {schema.target!r}: {_list(words)} is a class, in"
            f" {percent(number / rows.count)} of {rows}. If it means that the label is unknown,"
            " leave these cells empty; if not, name the target in keep_na_texts",
        )
    yield from equivalent_texts(f"target {schema.target!r}", tuple(counts), SETTING)
    if len(counts) > max(MAX_NAMED_CLASSES, rows.count / 2):
        yield Finding(
            SETTING,
            f"target {schema.target!r} has {len(counts):,} classes in {rows}: if it is a quantity,"
            " the problem_type is regression",
        )


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(quoted_value, names[:MAX_NAMED_CLASSES]))
