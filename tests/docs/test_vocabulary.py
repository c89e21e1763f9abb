"""One vocabulary: the glossary is complete, and retired words stay away."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.generator.configuration import sections
from docs.generator.glossary import FIELDS, TERMS
from docs.generator.reasons import STATUSES, VERDICTS
from driftloop.detection.verdict import ColumnStatus, WindowVerdict
from driftloop.metrics import METRICS

ROOT = Path(__file__).parents[2]
FOLDERS = ("driftloop", "lambdas", "infra", "pipelines", "rehearsal", "docs", "benchmarks", "examples", "tests")
SUFFIXES = {".py", ".md", ".j2", ".css", ".yaml", ".json", ".svg", ".toml"}

RETIRED = (
    # term of the glossary in parentheses
    "rhythms?",  # seasonality, hour of week
    "told|tells?|untold",  # notify, report, say
    "sure|surely|sureness",  # statistically significant
    "mend(?:s|ed|ing)?",  # fix
    "(?<!dead-)(?<!dead )letters",  # dead-letter queue, bytes, characters
    "allowances?",  # adjustment
    "woven|weaves?|weaving",  # merged
    "knots?",  # split points
    "artefacts?",  # artifact
    "rooms?",  # package, context
    "lattices?",  # rounding grid
    "fifths",  # quintiles
    "heal(?:s|ed)?",  # reconcile
    "rivals?",  # challenger
    "tall(?:y|ies)",  # line counts
    "judg(?:e|es|ed|ing|ment)",  # analyze, detect
    "analys(?:e|ed|ing)",
    "colou?red|colour(?:s|ed)?",
    "behaviour",
    "labelled",
    "centre[ds]?",
    "neighbour(?:s|ing)?",
    "effect_floor|share_floor|floor_factor",  # minimum effect size
    "shifted_window|left_out",  # excluded
)
PATTERN = re.compile(r"(?<![A-Za-z])(?:" + "|".join(RETIRED) + r")(?![A-Za-z])", re.IGNORECASE)


def texts() -> Iterator[tuple[str, str]]:
    """Every text file of the project but this one, by its path."""
    files = [*ROOT.glob("*.md"), *(p for folder in FOLDERS for p in (ROOT / folder).rglob("*"))]
    for path in sorted(files):
        if path.suffix in SUFFIXES and path != Path(__file__):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def test_no_retired_word_is_left() -> None:
    found = [
        f"{path}:{number}: {match.group()}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), start=1)
        for match in PATTERN.finditer(line)
    ]
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("line", ["The rhythm of a week", "a knot", "`tell`", "_judged", "told_about"])
def test_the_pattern_finds_retired_words(line: str) -> None:
    assert PATTERN.search(line)


@pytest.mark.parametrize("line", ["the dead-letter queue", "adjudge", "ensure", "mushroom"])
def test_the_pattern_leaves_other_words_alone(line: str) -> None:
    assert not PATTERN.search(line)


def test_every_verdict_and_every_status_has_its_meaning() -> None:
    assert set(VERDICTS) == {str(verdict) for verdict in WindowVerdict}
    assert set(STATUSES) == {str(status) for status in ColumnStatus}


def test_every_term_is_a_sentence_and_in_order() -> None:
    assert list(TERMS) == sorted(TERMS, key=str.lower)
    unfinished = [name for name, text in (TERMS | FIELDS).items() if not text.endswith(".")]
    assert unfinished == []


def test_every_setting_and_every_metric_is_in_the_glossary() -> None:
    page = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    for _, place, section in sections():
        for name, field in section.model_fields.items():
            if field.description:
                path = f"{place}.{name}" if place else name
                assert f"| `{path}` |" in page
    for metric in METRICS:
        assert f"| `{metric.name}` |" in page
