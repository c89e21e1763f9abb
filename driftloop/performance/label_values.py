"""Labels as numbers: codes of classes, or the true values of a regression."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftloop.cell_values import category_key, numeric_values
from driftloop.errors import InputError
from driftloop.schema import ProblemType
from driftloop.untrusted_text import quoted_value

NEGATIVE_KEYS, POSITIVE_KEYS = frozenset({"0", "false"}), frozenset({"1", "true"})
"""Keys of classes of which one alone says which class it is."""

MAX_NAMED = 5
"""Labels that an error message names."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelValues:
    """The labels of n records.

    Attributes:
        values: float64[n]: the code of the class (1 is the positive one of a binary model), or the
            true value of a regression; NaN where the label is unknown.
        classes: Keys of the classes by code; empty for a regression.
        unusable: Records whose label is no number, in a regression.
    """

    values: NDArray[np.float64]
    classes: tuple[str, ...] = ()
    unusable: int = 0


def label_values(
    codes: NDArray[np.int32],
    texts: Sequence[str],
    problem_type: ProblemType,
    *,
    missing_texts: frozenset[str],
    positive_class: str | None = None,
    known_classes: Sequence[str] = (),
) -> LabelValues:
    """The labels of n records as numbers.

    Args:
        codes: int32[n], positions in ``texts``; -1 where a record has no label.
        texts: The distinct labels.
        problem_type: What the model predicts.
        missing_texts: Texts of a missing label, where labels are classes.
        positive_class: The positive class of a binary model; None for the second one of the two.
        known_classes: Classes that are known already, such as those of a baseline.

    Raises:
        InputError: A binary model has more than two classes of labels, or one from which the
            positive class does not follow.
    """
    if problem_type is ProblemType.REGRESSION:
        numbers = np.append(numeric_values([*texts])[0] if texts else np.empty(0), np.nan)
        values = np.where(np.isfinite(numbers), numbers, np.nan)[codes]
        return LabelValues(values, unusable=int((np.isnan(values) & (codes >= 0)).sum()))
    keys = [category_key(text, missing_texts=missing_texts) for text in texts]
    used = {keys[code] for code in np.unique(codes[codes >= 0]).tolist()} - {None}
    found = {key for key in used if key is not None}
    classes = (
        _binary_classes(found, positive_class, known_classes)
        if problem_type is ProblemType.BINARY_CLASSIFICATION
        else tuple(sorted({*found, *known_classes}, key=class_order))
    )
    position = {key: float(code) for code, key in enumerate(classes)}
    table = np.array([*(np.nan if k is None else position.get(k, np.nan) for k in keys), np.nan])
    return LabelValues(table[codes], classes)


def class_order(key: str) -> tuple[int, float, str]:
    """Sorts classes: numbers as numbers, and before texts."""
    try:
        return (0, float(key), key)
    except ValueError:
        return (1, 0.0, key)


def _binary_classes(
    found: Collection[str], positive_class: str | None, known: Sequence[str]
) -> tuple[str, ...]:
    """The negative and the positive class."""
    classes = sorted({*found, *known}, key=class_order)
    if len(classes) > 2:
        some = ", ".join(quoted_value(one) for one in classes[:MAX_NAMED])
        raise InputError(
            f"the labels have {len(classes)} classes ({some}), and a binary model has two: check"
            " problem_type, and what writes the label files"
        )
    if positive_class is not None:
        positive = category_key(positive_class) or positive_class
        others = [one for one in classes if one != positive]
        if len(others) > 1:
            raise InputError(
                f"labels.positive_class is {quoted_value(positive)}, and the labels are"
                f" {' and '.join(quoted_value(one) for one in classes)}: name one of them"
            )
        return (others[0] if others else "", positive)
    if len(classes) == 2:
        return (*classes,)
    if not classes or classes[0] in NEGATIVE_KEYS:
        return (classes[0] if classes else "0", "1")
    if classes[0] in POSITIVE_KEYS:
        return ("0", classes[0])
    raise InputError(
        f"every label is {quoted_value(classes[0])}, so it is unknown which class the score is of:"
        " set labels.positive_class in driftloop.yaml"
    )
