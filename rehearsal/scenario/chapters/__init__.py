"""The story, one chapter a file: a title, a text, and ``play(stage)`` with what it must show."""

from collections.abc import Callable
from dataclasses import dataclass

from rehearsal.scenario.chapters import (
    approval,
    broken_data,
    challenger,
    drift,
    failing_release,
    first_model,
    garbage,
    healthy,
    redeploy,
    refused_challenger,
)
from rehearsal.scenario.stage import ScenarioContext


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter as the page and the terminal announce it."""

    letter: str
    title: str
    text: str
    play: Callable[[ScenarioContext], None]


CHAPTERS = tuple(
    Chapter(letter, module.TITLE, module.TEXT, module.play)
    for letter, module in zip(
        "abcdefghij",
        (
            first_model,
            healthy,
            drift,
            challenger,
            approval,
            refused_challenger,
            failing_release,
            broken_data,
            redeploy,
            garbage,
        ),
        strict=True,
    )
)
