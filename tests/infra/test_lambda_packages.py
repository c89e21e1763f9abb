"""The packages of the functions and of the pipeline's containers."""

import zipfile
from pathlib import Path

import pytest

from infra import lambda_packages
from infra.lambda_packages import Target, build, function_package, steps_package
from infra.stacks.shared import FUNCTIONS

MIB = 1024 * 1024


@pytest.fixture(scope="session")
def built() -> dict[str, Path]:
    """Every function's package for AWS; libraries are installed once, below build/."""
    return {name: build(function_package(name), "aws") for name in FUNCTIONS}


def unzipped_size(path: Path) -> float:
    """Size of the unpacked package in MiB."""
    with zipfile.ZipFile(path) as archive:
        return sum(item.file_size for item in archive.infolist()) / MIB


def names(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize(
    ("function", "budget"),
    [
        ("profile", 70),
        ("detect", 240),
        ("gate", 30),
        ("release", 30),
        ("start_analysis", 30),
        ("describe_challenger", 30),
        ("registry", 30),
    ],
)
def test_a_package_is_smaller_than_its_budget(
    built: dict[str, Path], function: str, budget: int
) -> None:
    assert unzipped_size(built[function]) < budget


def test_packages_contain_libraries_for_arm64_and_the_runtimes_python(
    built: dict[str, Path],
) -> None:
    native = {name for name in names(built["detect"]) if name.endswith(".so")}
    assert native
    wrong = {name for name in native if "x86_64" in name}
    assert not wrong
    tagged = {name for name in native if ".cpython-" in name}
    assert all("cpython-313-aarch64" in name for name in tagged)


def test_packages_contain_no_tests_but_the_parts_of_numpy_that_scipy_imports(
    built: dict[str, Path],
) -> None:
    contents = names(built["detect"])
    assert "numpy/f2py/__init__.py" in contents
    assert not [name for name in contents if "/tests/" in name]


@pytest.mark.parametrize("target", ["aws", "host"])
def test_a_package_contains_its_own_handler_and_no_other_function(target: Target) -> None:
    contents = names(build(function_package("start_analysis"), target))
    assert "lambdas/start_analysis/handler.py" in contents
    assert "lambdas/aws/clients.py" in contents
    assert "driftloop/window.py" in contents
    assert not [
        name for name in contents if name.startswith(("lambdas/gate", "infra", "pipelines"))
    ]


def test_a_package_for_the_host_contains_no_libraries() -> None:
    contents = names(build(function_package("detect"), "host"))
    assert {name.split("/")[0] for name in contents} == {"driftloop", "lambdas"}


def test_the_same_sources_result_in_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build(function_package("gate"), "host").read_bytes()
    monkeypatch.setattr(lambda_packages, "BUILD", tmp_path / "elsewhere")
    assert build(function_package("gate"), "host").read_bytes() == first


def test_the_pipeline_steps_run_as_a_zip_with_the_libraries_that_the_images_lack() -> None:
    host, aws = names(steps_package("host")), names(steps_package("aws"))
    assert "__main__.py" in host
    assert not [name for name in host if name.startswith("msgspec")]
    native = [name for name in aws if name.startswith("msgspec") and name.endswith(".so")]
    assert native
    assert all("cpython-312-x86_64" in name for name in native)
    assert not [name for name in aws if name.endswith(".pyc")]
