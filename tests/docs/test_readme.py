"""What the README and the other pages show works."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from docs.generator.cli import commands
from docs.generator.costs import bill, total
from driftloop.config import load_config
from driftloop.contract.resource_names import ResourceNames

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, body in found]


def heading_anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    bare = (re.sub(r"[^\w\- ]", "", title.lower()) for title in titles)
    return {title.replace(" ", "-") for title in bare}


def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith(("http://", "https://", "mailto:")):
                yield page, target


def test_every_yaml_example_that_names_models_is_a_valid_configuration() -> None:
    examples = [
        text
        for page in PAGES
        for text in blocks(page.read_text(encoding="utf-8"), "yaml")
        if "models" in yaml.safe_load(text)
    ]
    assert len(examples) >= 2
    for text in examples:
        load_config(text)


def test_every_shell_example_is_shell() -> None:
    for page in PAGES:
        for text in blocks(page.read_text(encoding="utf-8"), "sh"):
            subprocess.run(["bash", "-n"], input=text, text=True, check=True)


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md")
        for line in re.findall(r"`make ([a-z ]+)`|^ *make ([a-z]+)", page.read_text(), re.MULTILINE)
        for target in " ".join(line).split()
    }
    assert named >= {"rehearse", "test"}
    assert named <= targets


def test_every_driftloop_command_in_the_readme_exists_with_its_options() -> None:
    known = commands()
    lines = "\n".join(blocks(README, "sh")).replace("\\\n", " ").splitlines()
    used = [line.split() for line in lines if line.startswith(".venv/bin/driftloop")]
    assert {words[1] for words in used} == {"validate", "baseline", "analyze"}
    for words in used:
        options = {option for item in known[words[1]].params for option in item.opts}
        assert {word for word in words if word.startswith("--")} <= options


def test_every_link_leads_somewhere() -> None:
    for page, target in links():
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in heading_anchors(file), f"{page.name}: {target}"


def test_the_readme_names_the_cost_of_the_endpoint_and_only_the_generated_page_the_total() -> None:
    assert f"about ${bill()[0].dollars:.0f} a month" in README
    totals = {f"{total(items):.{digits}f}" for items in (bill(), bill()[1:]) for digits in (0, 2)}
    for page in PAGES:
        if page.name not in {"costs.md", "CHANGELOG.md"}:
            amounts = set(re.findall(r"\$(\d+(?:\.\d+)?)", page.read_text(encoding="utf-8")))
            assert not amounts & totals, page


def test_the_readme_names_stack_and_endpoint_as_the_code_does() -> None:
    names = ResourceNames("main")
    assert f"npx cdk deploy {names.model_stack('churn')}" in README
    assert f"`{names.resource('churn')}`" in README


@pytest.mark.parametrize("path", ["README.md", "docs/loop.svg", "LICENSE", "CHANGELOG.md"])
def test_no_page_depends_on_another_host(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    loaded = re.findall(r"(?:!\[[^]]*\]\(|src=\"|href=\")(https?://[^)\"]+)", text)
    assert loaded == []


def test_the_readme_and_npm_require_the_same_node() -> None:
    engines = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["engines"]
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    assert engines == {"node": ">=20"} == locked["packages"][""]["engines"]
    assert "Node 22 or 24. Node 20 works too" in README
