"""What the import of each function loads, with the libraries of its package and no others.

Counts of modules stand for time: they do not depend on the machine. Of a cold start's CPU time
nearly all is imports (docs/benchmarks.md#cold-starts).
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from infra.lambda_packages import function_package
from infra.stacks.shared import FUNCTIONS

ROOT = Path(__file__).parents[2]
RUNTIME = {"boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"}
"""Lambda's Python runtime includes boto3 and what it requires (Lambda developer guide, "Runtime
dependencies in Python")."""

CODE = """
import importlib, json, sys

class Package:
    allowed = set(json.loads(sys.argv[2])) | sys.stdlib_module_names

    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in self.allowed and not top.startswith("_sysconfigdata"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

before = set(sys.modules)
sys.meta_path.insert(0, Package())
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(set(sys.modules) - before)))
"""


@dataclass(frozen=True, slots=True)
class Budget:
    """Modules besides Python's and boto3's that the import loads at most, and what it must not."""

    modules: int
    never: frozenset[str]


DATA = frozenset({"narwhals", "pandas", "pyarrow", "polars", "sklearn", "jinja2", "matplotlib"})
SETTINGS = frozenset({"pydantic", "yaml", "aws_lambda_powertools"})
BUDGETS = {
    "profile": Budget(185, DATA | SETTINGS | {"scipy"}),
    "detect": Budget(572, DATA),
    # reads no settings
    "notify_failure": Budget(90, DATA | {"numpy", "scipy", "pydantic", "yaml"}),
}
CONTROL = Budget(205, DATA | {"numpy", "scipy"})
"""The budget of the functions that are not in the table: they decide and act, and hold no data."""


def provided_modules(lock: str) -> list[str]:
    """Top-level modules of a package: the lock file's libraries, Lambda's runtime, our own code."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    libraries = set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE)) | RUNTIME
    assert len(libraries) > len(RUNTIME)
    modules = [
        module
        for module, distributions in packages_distributions().items()
        if {re.sub(r"[-_.]+", "-", name).lower() for name in distributions} & libraries
    ]
    return [*modules, "driftloop", "lambdas"]


def loaded_modules(function: str) -> list[str]:
    provided = json.dumps(provided_modules(function_package(function).lock))
    command = [sys.executable, "-c", CODE, f"lambdas.{function}.handler", provided]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert result.returncode == 0, f"{function} lacks a library:\n{result.stderr[-2000:]}"
    return list(json.loads(result.stdout))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_what_its_package_has_and_no_more_than_its_budget(function: str) -> None:
    budget = BUDGETS.get(function, CONTROL)
    modules = loaded_modules(function)
    assert f"lambdas.{function}.handler" in modules
    tops = {name.partition(".")[0] for name in modules}
    assert tops & budget.never == set()
    others = [name for name in RUNTIME if name in tops]
    assert "boto3" in others
    known = sys.stdlib_module_names | RUNTIME | {"dateutil"}
    counted = [name for name in modules if name.partition(".")[0] not in known]
    assert len(counted) <= budget.modules, counted


def test_each_budget_is_that_of_a_function() -> None:
    assert set(BUDGETS) <= set(FUNCTIONS)


def test_a_library_that_the_package_lacks_is_not_found() -> None:
    provided = json.dumps(["driftloop"])
    command = [sys.executable, "-c", CODE, "pandas", provided]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "No module named 'pandas'" in result.stderr
