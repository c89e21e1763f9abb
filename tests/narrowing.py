"""Narrow a value to the type that a test expects; mypy then checks what the test reads of it."""

from typing import TypeVar

T = TypeVar("T")


def not_none(value: T | None) -> T:
    """The value; the test fails if there is none."""
    assert value is not None
    return value


def narrow(expected: type[T], value: object) -> T:
    """The value as an instance of the expected class; the test fails if it is another."""
    assert isinstance(value, expected)
    return value
