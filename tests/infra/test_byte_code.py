"""Byte code: found, compiled, loaded from an unpacked package, and an error if it is missing."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from aws_cdk import App, Stack

from infra import app, byte_code, lambda_packages
from infra.app import add_stacks, make_app
from infra.app_settings import load_settings
from infra.byte_code import IMPORT_FACTOR, find_interpreter, precompile, warn_if_missing
from infra.lambda_packages import LAMBDA, build, function_package, package_hash
from infra.stacks import shared
from infra.stacks.shared import FUNCTIONS
from pipelines.code_archives import write_zip
from tests.infra.conftest import Synthesize, Templates

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
UNCHECKED_HASH = (0b01).to_bytes(4, "little")
"""PEP 552: the flags of byte code that is identified by a hash and not checked."""
PYTHON_3_13_MAGIC = (3571).to_bytes(2, "little") + b"\r\n"
"""CPython's table of magic numbers: 3571 since 3.13.0rc2."""


@pytest.fixture(scope="session")
def runtime_python() -> str:
    """A Python of Lambda's version."""
    python = find_interpreter(LAMBDA.python)
    if python is None:
        pytest.skip(f"packages that are built here have no byte code: no Python {LAMBDA.python}")
    return python


@pytest.fixture
def no_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (byte_code, lambda_packages):
        monkeypatch.setattr(module, "find_interpreter", lambda version: None)


def warnings_of(cdk: App) -> list[str]:
    """The warnings of all stacks, from the files that the CDK CLI reads."""
    folder = Path(cdk.synth().directory)
    artifacts = json.loads((folder / "manifest.json").read_text("utf-8"))["artifacts"]
    entries = [
        entry
        for artifact in artifacts.values()
        if artifact["type"] == "aws:cloudformation:stack"
        for entries in stack_metadata(folder, artifact).values()
        for entry in entries
    ]
    return [entry["data"] for entry in entries if entry["type"] == "aws:cdk:warning"]


def stack_metadata(folder: Path, artifact: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The metadata of a stack by construct; older manifests hold it themselves."""
    file = artifact.get("additionalMetadataFile")
    metadata: dict[str, list[dict[str, Any]]]
    if file is None:
        metadata = artifact.get("metadata", {})
    else:
        metadata = json.loads((folder / file).read_text("utf-8"))
    return metadata


def contents(package: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(package) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_module_of_a_package_has_byte_code_for_the_runtime(
    function: str, runtime_python: str
) -> None:
    files = contents(build(function_package(function), "aws"))
    modules = {Path(name) for name in files if name.endswith(".py")}
    byte_codes = {
        module: files.get(f"{module.parent / '__pycache__' / module.stem}.cpython-313.pyc", b"")
        for module in modules
    }
    assert Path(f"lambdas/{function}/handler.py") in modules
    assert len(modules) > len(contents(build(function_package(function), "host")))
    expected = PYTHON_3_13_MAGIC + UNCHECKED_HASH
    assert {module for module, code in byte_codes.items() if code[:8] != expected} == set()


def test_an_unpacked_package_runs_from_its_byte_code(runtime_python: str, tmp_path: Path) -> None:
    """As in /var/task: another folder and other times of modification than those of the build."""
    with zipfile.ZipFile(build(function_package("gate"), "aws")) as archive:
        archive.extractall(tmp_path)
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}]; import driftloop.window, jmespath"
    result = subprocess.run(
        [runtime_python, "-I", "-B", "-v", "-c", code], capture_output=True, text=True, check=True
    )
    for module in ("driftloop/{}window", "driftloop/{}__init__", "jmespath/{}parser"):
        loaded = tmp_path / (module.format("__pycache__/") + ".cpython-313.pyc")
        assert f"code object from '{loaded}'" in result.stderr
        assert f"code object from {str(tmp_path / module.format(''))!r}" not in result.stderr


def test_a_package_with_libraries_and_byte_code_has_the_same_bytes_when_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build(function_package("gate"), "aws")
    monkeypatch.setattr(lambda_packages, "BUILD", tmp_path / "elsewhere")
    again = build(function_package("gate"), "aws")
    assert again != first
    assert again.read_bytes() == first.read_bytes()


def test_byte_code_does_not_depend_on_folder_time_or_hash_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "NAMES = frozenset({'a', 'b', 'c', 'd'})\ndef f(x): return x in {'e', 'f', 'g'}\n"
    compiled = []
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        folder = tmp_path / f"folder-{seed}"
        folder.mkdir()
        (folder / "module.py").write_text(source)
        precompile(folder, sys.executable)
        [code] = folder.rglob("*.pyc")
        compiled.append(code.read_bytes())
    assert compiled[0] == compiled[1]
    assert compiled[0][4:8] == UNCHECKED_HASH
    assert str(tmp_path).encode() not in compiled[0]


def test_packages_with_and_without_byte_code_have_different_hashes(no_interpreter: None) -> None:
    without = build(function_package("gate"), "aws")
    assert not [name for name in contents(without) if name.endswith(".pyc")]
    python = find_interpreter(LAMBDA.python)
    if python is None:
        pytest.skip(f"no Python {LAMBDA.python}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lambda_packages, "find_interpreter", lambda version: python)
        assert package_hash(build(function_package("gate"), "aws")) != package_hash(without)


def test_the_hash_is_that_of_the_inputs_and_not_of_the_interpreter_or_of_the_zip_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another patch release, another zlib: the same functions, so nothing to deploy."""

    def compile_differently(folder: Path, python: str) -> None:
        (folder / f"{Path(python).name}.pyc").write_bytes(b"byte code")

    monkeypatch.setattr(lambda_packages, "BUILD", tmp_path / "build")
    monkeypatch.setattr(lambda_packages, "_uv_install", lambda _, folder, __: folder.mkdir())
    monkeypatch.setattr(lambda_packages, "precompile", compile_differently)
    built = []
    for python in ("/usr/bin/python3.13", "/opt/other-python"):
        monkeypatch.setattr(lambda_packages, "find_interpreter", lambda version, p=python: p)
        path = build(function_package("gate"), "aws")
        built.append((package_hash(path), path.read_bytes()))
        path.unlink()
    assert built[0][0] == built[1][0]
    assert built[0][1] != built[1][1]


def test_cdk_names_code_by_the_packages_hash_and_the_host_needs_no_byte_code(
    templates: Templates, synthesize: Synthesize, config: dict[str, Any], tmp_path: Path
) -> None:
    def other_zlib(files: dict[str, Path], target: Path) -> Path:
        with write_zip(files, target).open("ab") as archive:
            archive.write(b"\0")
        return target

    def search(version: str) -> None:
        raise AssertionError(version)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lambda_packages, "BUILD", tmp_path)
        patch.setattr(lambda_packages, "write_zip", other_zlib)
        for module in (byte_code, lambda_packages):
            patch.setattr(module, "find_interpreter", search)
        again = synthesize(config)
    assert [*tmp_path.glob("gate-host-*.zip")]
    shared_stack = "driftloop-test-shared"
    assert again.stacks[shared_stack] == templates.stacks[shared_stack]


def test_the_running_version_of_python_is_found() -> None:
    python = find_interpreter.__wrapped__(RUNNING)
    assert python is not None
    version = subprocess.run([python, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith(f"Python {RUNNING}.")


def test_a_command_that_does_not_start_is_no_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a shim of pyenv for a version that is not installed."""
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    assert find_interpreter.__wrapped__("3.99") is None


def test_a_synthesis_without_an_interpreter_warns_once_with_the_measured_factor(
    no_interpreter: None, folder: Path, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "driftloop.yaml"
    path.write_text(yaml.safe_dump(config))
    context = {"driftloop:config": str(path), "driftloop:target": "aws"}
    # without installing the libraries of all functions
    monkeypatch.setattr(shared, "build", lambda package, target: build(package, "host"))
    cdk = make_app(outdir=None, validate=False, **context)
    add_stacks(cdk, load_settings(cdk))
    [text] = [message for message in warnings_of(cdk) if "byte-code" in message]
    assert f"{IMPORT_FACTOR} times the CPU time" in text
    assert "uv python install 3.13" in text
    assert "NO BYTE CODE" in text


def test_nothing_warns_if_there_is_an_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(byte_code, "find_interpreter", lambda version: sys.executable)
    cdk = App()
    warn_if_missing(Stack(cdk, "stack"), LAMBDA.python)
    assert warnings_of(cdk) == []


def test_the_factor_of_the_warning_is_that_of_the_table() -> None:
    page = (Path(app.__file__).parents[1] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    section = page.partition("## Cold starts")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:-1] for line in section.splitlines() if line.startswith("| `")]
    assert {row[0].strip(" `") for row in rows} <= set(FUNCTIONS)
    factors = [row[-1].strip() for row in rows]
    assert len(factors) >= 8
    assert f"{min(factors)} to {max(factors)}" == IMPORT_FACTOR
