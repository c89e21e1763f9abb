"""What ``driftloop`` exports is documented, its examples run, and importing it is cheap."""

import ast
import doctest
import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import driftloop
from docs.generator.api import parse_docstring, public_methods

HEAVY = {"numpy", "pandas", "scipy", "pydantic", "jinja2", "narwhals", "yaml", "typer", "boto3"}


def documented() -> Iterator[tuple[str, Any]]:
    """Every exported name, and every public method of the classes of the public module."""
    for name in driftloop.__all__:
        item = getattr(driftloop, name)
        yield name, item
        yield from ((f"{name}.{method}", found) for method, found in public_methods(item))


DOCUMENTED = dict(documented())


@pytest.mark.parametrize("name", DOCUMENTED)
def test_an_export_has_every_section_that_applies_to_it(name: str) -> None:
    item = DOCUMENTED[name]
    assert required_sections(item) <= parse_docstring(item).sections


def required_sections(item: Any) -> set[str]:
    if inspect.isclass(item):
        return {"Example"} if issubclass(item, Exception) else {"Attributes", "Example"}
    return {"Example", *sections_of_a_call(item)}


def sections_of_a_call(item: Callable[..., Any]) -> Iterator[str]:
    signature = inspect.signature(item)
    if set(signature.parameters) - {"self", "cls"}:
        yield "Args"
    if signature.return_annotation not in (None, "None"):
        yield "Returns"


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_arguments_of_an_export_are_those_of_its_docstring(name: str) -> None:
    item = DOCUMENTED[name]
    if not inspect.isclass(item):
        arguments = [name for name in inspect.signature(item).parameters if name != "self"]
        assert [name for name, _ in parse_docstring(item).items.get("Args", [])] == arguments


@pytest.mark.parametrize("name", DOCUMENTED)
def test_an_export_that_raises_says_so(name: str) -> None:
    item = DOCUMENTED[name]
    if not inspect.isclass(item) and "uri" in inspect.signature(item).parameters:
        assert "Raises" in parse_docstring(item).sections


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_example_of_an_export_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    item = DOCUMENTED[name]
    module = {**vars(sys.modules[item.__module__])}
    test = doctest.DocTestParser().get_doctest(inspect.getdoc(item) or "", module, name, None, 0)
    assert test.examples, "the docstring has no example"
    output: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(
        test, out=output.append
    )
    assert result.failed == 0, "".join(output)


def test_every_export_is_imported_for_type_checkers_from_its_module() -> None:
    tree = ast.parse(Path(driftloop.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    imported = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == driftloop._MODULES
    assert sorted(imported) == driftloop.__all__ == sorted(driftloop.__all__)


def test_exports_are_listed_and_others_are_an_attribute_error() -> None:
    assert set(driftloop.__all__) <= set(dir(driftloop))
    with pytest.raises(AttributeError, match="has no attribute 'comparison_of'"):
        _ = driftloop.comparison_of


def test_importing_driftloop_loads_no_library() -> None:
    assert loaded("import driftloop") == set()


def test_using_an_export_leaves_data_frames_unloaded_until_one_is_handed_in() -> None:
    assert not {"pandas", "narwhals", "jinja2", "pydantic"} & loaded(
        "import driftloop; driftloop.compare; driftloop.read_capture"
    )


def loaded(code: str) -> set[str]:
    code = f"import sys; {code}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return HEAVY & set(done.stdout.split())


def test_an_unknown_name_is_an_error_of_which_python_can_suggest_another() -> None:
    with pytest.raises(AttributeError, match="no attribute 'comapre'") as raised:
        _ = driftloop.comapre
    assert (raised.value.name, raised.value.obj) == ("comapre", driftloop)
