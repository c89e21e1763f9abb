"""Every distinct text gets one id, whatever its length, and however many share a slot."""

import numpy as np
import pytest

from driftloop.capture.vectorized.byte_buffer import CellOffsets
from driftloop.capture.vectorized.column_builder import DictionaryEncoder


def encode_and_decode(dictionary: DictionaryEncoder, texts: list[str]) -> list[str]:
    """The texts of the ids that the texts get."""
    cells = CellOffsets.from_rows(texts, 1)
    assert cells is not None
    text_ids = dictionary.encode(cells.buffer, cells.start[0], cells.end[0])
    known = dictionary.texts()
    return [known[text_id - 1].decode() for text_id in text_ids]


@pytest.mark.parametrize("size", [1, 7, 8, 9, 16, 17, 31, 32, 33, 60])
def test_texts_that_differ_in_one_character_get_different_ids(size: int) -> None:
    texts = ["0" * position + "1" + "0" * (size - position - 1) for position in range(size)]
    texts += ["0" * size, "0" * (size + 1), "0" * (size - 1), ""]
    dictionary = DictionaryEncoder()
    assert encode_and_decode(dictionary, texts) == texts
    assert encode_and_decode(dictionary, texts[::-1]) == texts[::-1]
    assert len(dictionary.texts()) == len(set(texts))


def test_more_texts_than_slots_get_different_ids() -> None:
    rng = np.random.default_rng(0)
    texts = [f"user-{i}" for i in rng.integers(0, 60_000, 100_000)]
    dictionary = DictionaryEncoder()
    assert encode_and_decode(dictionary, texts) == texts
    assert encode_and_decode(dictionary, texts[:999]) == texts[:999]
    assert len(dictionary.texts()) == len(set(texts))


def test_characters_beyond_ascii_and_control_characters_are_encoded() -> None:
    texts = ["Zürich", "Zurich", "\0", "0", "\0\0", "", "日本", "a\0", "a"]
    assert encode_and_decode(DictionaryEncoder(), texts) == texts
