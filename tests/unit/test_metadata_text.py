"""Text is brought into the characters and the length that a model package's metadata allows."""

from driftloop.metadata_text import metadata_text


def test_other_characters_are_replaced_without_loss_of_meaning() -> None:
    assert metadata_text("95% (a to b); c, d") == "95 percent a to b - c d"


def test_a_text_without_an_allowed_character_is_none() -> None:
    assert metadata_text("") == metadata_text("()") == "none"


def test_a_long_text_is_cut_to_the_limit_of_the_registry() -> None:
    assert metadata_text("x" * 1000) == "x" * 256
