"""One vocabulary: the glossary is complete, and retired words stay away."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from docs.generator.configuration import sections
from docs.generator.glossary import FIELDS, TERMS
from docs.generator.reasons import STATUSES, VERDICTS
from driftloop.detection.verdict import ColumnStatus, WindowVerdict
from driftloop.metrics import METRICS
from driftloop.report.window_report import WindowReport

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "driftloop",
    "lambdas",
    "infra",
    "pipelines",
    "rehearsal",
    "docs",
    "benchmarks",
    "examples",
    "tests",
)
SUFFIXES = {".py", ".md", ".j2", ".css", ".yaml", ".json", ".svg", ".toml"}

RETIRED = (
    # term of the glossary in parentheses
    "rhythms?",  # seasonality, hour of week
    r"told|(?<!\.)tells?|untold",  # notify, report, say
    "sure|surely|sureness",  # statistically significant
    "mend(?:s|ed|ing)?",  # fix
    r"(?<!dead-)(?<!dead )(?<!dead_)(?<!of )letters(?!,? (?:and )?(?:digits|numbers))",
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
RETIRED_NAMES = (
    # settings
    "late_hours|minimum_records|evaluation_windows|rejected_share|type_share|range_share",
    "domain_share|invalid_share|monthly_budget|minimum_labels|history_days|max_rejections",
    "schedule_days|minimum_gain|golden_tolerance|bootstrap_samples|volume_gb|error_count",
    "target_invocations|sampling_percentage|latency_p99_ms",
    # codes, events, alarms, parameters
    "in_flight|stale_evidence|budget_exhausted|not_enough_labels|not_capture",
    "Gate Decided|Release Finished|rejected-records|monitor-silent",
    "FirstModelPackageArn|FirstModelVersion|DataFrom|DataTo|IsBetter",
    # classes
    "NumericGrid|CategoricalGrid|Gatherer|Lattice|Thinned|Allowances?|ColumnScore|LevelChange",
    "PairChange|WovenColumns|PlainRun|AlikeLines|DeadLetters|Underway|JudgedWindow",
)
RETIRED_PHRASES = (
    "in vain|weightiest|taken back|serves on|went out|goes off|went off|alarm stands",
    "asks? the gate|asked the gate|people are told|by hand|of itself|as it stands",
    "(?:takes?|taken|taking|took) (?:it )?up(?! to)|(?:goes|going|went) on|go on(?!ce|ly)",
    "(?:holds?|held|holding) up|for ?ever|whoever|stands? between|missed aloud",
    "is_personal",
)
WORDS = re.compile(
    r"(?<![A-Za-z])(?:" + "|".join(RETIRED + RETIRED_PHRASES) + r")(?![A-Za-z])", re.IGNORECASE
)
NAMES = re.compile(r"(?<![\w-])(?:" + "|".join(RETIRED_NAMES) + r")(?![\w-])")


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
        for match in (*WORDS.finditer(line), *NAMES.finditer(line))
    ]
    assert found == [], "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "It goes on running",
        "takes up the group",
        "kept for ever",
        "Whoever",
        "The rhythm of a week",
        "a knot",
        "`tell`",
        "_judged",
        "told_about",
        "late_hours",
    ],
)
def test_the_pattern_finds_retired_words(line: str) -> None:
    assert WORDS.search(line) or NAMES.search(line)


@pytest.mark.parametrize("line", ["the dead-letter queue", "adjudge", "ensure", "mushroom"])
def test_the_pattern_matches_no_other_words(line: str) -> None:
    assert not WORDS.search(line)
    assert not NAMES.search(line)


def test_every_verdict_and_every_status_has_its_meaning() -> None:
    assert set(VERDICTS) == {str(verdict) for verdict in WindowVerdict}
    assert set(STATUSES) == {str(status) for status in ColumnStatus}


def test_every_term_is_a_sentence_and_in_order() -> None:
    assert list(TERMS) == sorted(TERMS, key=str.lower)
    unfinished = [name for name, text in (TERMS | FIELDS).items() if not text.endswith(".")]
    assert unfinished == []


def report_fields() -> set[str]:
    """The name of every field that the JSON of a report has, at any depth."""
    names: set[str] = set()
    types: list[object] = [msgspec.inspect.type_info(WindowReport)]
    seen: set[type] = set()
    while types:
        kind = types.pop()
        if isinstance(kind, msgspec.inspect.StructType) and kind.cls not in seen:
            seen.add(kind.cls)
            names |= {field.encode_name for field in kind.fields}
            types += [field.type for field in kind.fields]
        for part in ("types", "item_types"):
            types += getattr(kind, part, ())
        types += [
            getattr(kind, part) for part in ("item_type", "value_type") if hasattr(kind, part)
        ]
    return names


def test_every_field_of_a_report_is_in_the_glossary() -> None:
    # the kind is the tag of a type, a share one of the minimum effect sizes, which are a mapping
    assert report_fields() | {"kind", "share", "distribution"} == set(FIELDS)


def test_every_setting_and_every_metric_is_in_the_glossary() -> None:
    page = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    for _, place, section in sections():
        for name, field in section.model_fields.items():
            if field.description:
                path = f"{place}.{name}" if place else name
                assert f"| `{path}` |" in page
    for metric in METRICS:
        assert f"| `{metric.name}` |" in page
