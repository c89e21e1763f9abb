"""Texts get one number each, whatever their lengths, and however many share a slot."""

import numpy as np
import pytest

from driftloop.capture.vectorized.byte_buffer import CellOffsets
from driftloop.capture.vectorized.column_builder import DictionaryEncoder


def numbered(dictionary: DictionaryEncoder, texts: list[str]) -> list[str]:
    """What the texts are told to be, by the numbers that they get."""
    cells = CellOffsets.from_rows(texts, 1)
    assert cells is not None
    numbers = dictionary.numbers(cells.text, cells.start[0], cells.end[0])
    known = dictionary.texts()
    return [known[number - 1].decode() for number in numbers]


@pytest.mark.parametrize("size", [1, 7, 8, 9, 16, 17, 31, 32, 33, 60])
def test_texts_that_differ_in_any_one_letter_are_told_apart(size: int) -> None:
    texts = ["0" * place + "1" + "0" * (size - place - 1) for place in range(size)]
    texts += ["0" * size, "0" * (size + 1), "0" * (size - 1), ""]
    dictionary = DictionaryEncoder()
    assert numbered(dictionary, texts) == texts
    assert numbered(dictionary, texts[::-1]) == texts[::-1]
    assert len(dictionary.texts()) == len(set(texts))


def test_more_texts_than_there_are_slots_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    texts = [f"user-{i}" for i in rng.integers(0, 60_000, 100_000)]
    dictionary = DictionaryEncoder()
    assert numbered(dictionary, texts) == texts
    assert numbered(dictionary, texts[:999]) == texts[:999]
    assert len(dictionary.texts()) == len(set(texts))


def test_letters_beyond_ascii_and_control_characters_are_letters() -> None:
    texts = ["Zürich", "Zurich", "\0", "0", "\0\0", "", "日本", "a\0", "a"]
    assert numbered(DictionaryEncoder(), texts) == texts
