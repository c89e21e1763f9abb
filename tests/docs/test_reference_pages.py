"""The reference pages say what the code says."""

from pathlib import Path

import pytest

from docs.generator import PAGES
from docs.generator.cli import commands
from docs.generator.configuration import sections
from docs.generator.costs import bill, release_item, total

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", PAGES)
def test_a_reference_page_is_what_the_generator_writes(path: str) -> None:
    current = (ROOT / path).read_text(encoding="utf-8")
    assert current == PAGES[path](), "run `.venv/bin/python -m docs.generator`"


def test_every_setting_has_a_meaning() -> None:
    silent = [
        f"{place}.{name}"
        for _, place, section in sections()
        for name, field in section.model_fields.items()
        if not (field.description or getattr(field.annotation, "__doc__", ""))
    ]
    assert silent == []


def test_every_row_of_every_table_is_filled() -> None:
    bare = [
        (path, line)
        for path in PAGES
        for line in (ROOT / path).read_text(encoding="utf-8").splitlines()
        if line.startswith("| `") and line.rstrip(" |").count(" | ") < 1
    ]
    assert bare == []


def test_every_command_and_every_option_has_a_help_text() -> None:
    assert set(commands()) >= {"validate", "baseline", "analyze"}
    silent = [
        (name, item.name)
        for name, command in commands().items()
        for item in command.params
        if not getattr(item, "help", "")
    ]
    assert silent == []
    assert [name for name, command in commands().items() if not command.help] == []


def test_two_instances_for_a_month_have_the_cost_of_the_price_list() -> None:
    # 2 instances x 730 hours x $0.115, computed manually
    assert bill()[0].dollars == pytest.approx(167.90)
    assert total(bill()) == pytest.approx(sum(item.dollars for item in bill()))


def test_a_release_costs_a_second_fleet_until_the_first_is_terminated() -> None:
    # 2 instances x (10 + 10 + 10) minutes x $0.115 per hour, computed manually
    assert release_item().dollars == pytest.approx(0.115)
