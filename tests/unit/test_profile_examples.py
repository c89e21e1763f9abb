"""The examples in the docstrings of capture, profile and seasonality run."""

import doctest
from importlib import import_module

import pytest

MODULES = (
    "driftloop.capture.reader",
    "driftloop.capture.record_batch",
    "driftloop.profile.baseline",
    "driftloop.profile.profile",
)


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_give_the_shown_results(module: str) -> None:
    results = doctest.testmod(import_module(module))
    assert results.attempted > 0
    assert results.failed == 0
