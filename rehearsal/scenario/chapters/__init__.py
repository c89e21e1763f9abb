"""The chapters, one per file: a title, a text, and ``play(context)`` with its expectations."""

from collections.abc import Callable
from dataclasses import dataclass

from rehearsal.scenario.chapters import (
    approval,
    drift,
    first_model,
    invalid_data,
    month_at_once,
    no_drift,
    redeploy,
    refused_release,
    rejected_challenger,
    removed_permissions,
    retraining,
    rolled_back_release,
    slow_drift,
    stack_deletion,
    unreadable_records,
)
from rehearsal.scenario.scenario_context import ScenarioContext


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter; ``text`` says what happens in it, ``play`` makes it happen."""

    id: str
    title: str
    text: str
    play: Callable[[ScenarioContext], None]


CHAPTERS = tuple(
    Chapter(chapter_id, module.TITLE, module.TEXT, module.play)
    for chapter_id, module in zip(
        "abcdefghijklmno",
        (
            first_model,
            no_drift,
            drift,
            retraining,
            approval,
            rejected_challenger,
            rolled_back_release,
            refused_release,
            invalid_data,
            redeploy,
            unreadable_records,
            stack_deletion,
            month_at_once,
            slow_drift,
            removed_permissions,
        ),
        strict=True,
    )
)
