"""Labels as numbers."""

import numpy as np
import pytest

from driftloop.errors import InputError
from driftloop.missing_texts import CLASS_MISSING_TEXTS
from driftloop.performance.label_values import LabelValues, label_values
from driftloop.schema import ProblemType

BINARY = ProblemType.BINARY_CLASSIFICATION


def values(texts: list[str], problem_type: ProblemType = BINARY, **options) -> LabelValues:
    distinct = sorted(set(texts))
    codes = np.array([distinct.index(text) for text in texts] + [-1], dtype=np.int32)
    return label_values(codes, distinct, problem_type, missing_texts=CLASS_MISSING_TEXTS, **options)


@pytest.mark.parametrize(
    ("texts", "options", "expected"),
    [
        (["0", "1"], {}, [0, 1]),
        (["0.0", "1.0", "1"], {}, [0, 1, 1]),
        (["true", "False"], {}, [1, 0]),
        (["no", "yes"], {}, [0, 1]),
        (["no", "yes"], {"positive_class": "no"}, [1, 0]),
        (["9", "10"], {}, [0, 1]),  # numbers in the order of numbers
        (["1", "1"], {}, [1, 1]),
        (["0"], {}, [0]),
        (["good"], {"positive_class": "good"}, [1]),
        (["good"], {"known_classes": ("bad", "good")}, [1]),
    ],
)
def test_the_second_class_is_positive_unless_one_is_named(
    texts: list[str], options: dict, expected: list[int]
) -> None:
    found = values(texts, **options).values
    assert found[:-1].tolist() == expected
    assert np.isnan(found[-1])


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        (["a", "b", "c"], {}, "3 classes .*a binary model has two"),
        (["good"], {}, "set labels.positive_class"),
        (["a", "b"], {"positive_class": "c"}, "name one of them"),
    ],
)
def test_classes_that_a_binary_model_can_not_have_are_an_error(
    texts: list[str], options: dict, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        values(texts, **options)


def test_labels_of_a_regression_are_numbers_and_others_are_counted() -> None:
    found = values(["1.5", "x", "inf", "-2"], ProblemType.REGRESSION)
    assert found.unusable == 2
    assert [v for v in found.values.tolist() if not np.isnan(v)] == [1.5, -2.0]


def test_a_text_of_a_missing_class_is_no_label() -> None:
    found = values(["a", "nan", "b"], ProblemType.MULTICLASS_CLASSIFICATION)
    assert found.classes == ("a", "b")
    assert np.isnan(found.values[1])
