"""Metric math: the functions and operators that the alarms use, and an error for all others.

Source: Amazon CloudWatch User Guide, "Using metric math". A series has a value or None per period;
arithmetic of two series has a value where both have one.
"""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Union

Series = list[float | None]
Value = Union[Series, float]  # noqa: UP007 - evaluated at run time


class ExpressionError(ValueError):
    """Not an expression, or one that the emulator does not support."""


OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
    ast.Lt: lambda a, b: float(a < b),
    ast.LtE: lambda a, b: float(a <= b),
    ast.Gt: lambda a, b: float(a > b),
    ast.GtE: lambda a, b: float(a >= b),
    ast.Eq: lambda a, b: float(a == b),
    ast.NotEq: lambda a, b: float(a != b),
}


def evaluate(expression: str, series: Mapping[str, Series]) -> Series:
    """Return the value of an expression per period.

    ``series`` has the metrics and expressions that it may name, all of the same length.
    """
    length = max((len(values) for values in series.values()), default=0)
    try:
        tree = ast.parse(_to_python(expression), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"{expression!r} is not metric math: {error.msg}") from error
    value = _Evaluator(expression, series, length).evaluate(tree)
    return value if isinstance(value, list) else [value] * length


def _to_python(expression: str) -> str:
    for metric_math, python in (("^", "**"), ("&&", " and "), ("||", " or ")):
        expression = expression.replace(metric_math, python)
    return expression.strip()


class _Evaluator:
    def __init__(self, expression: str, series: Mapping[str, Series], length: int) -> None:
        self._expression = expression
        self._series = series
        self._length = length
        self._functions: dict[str, Callable[..., Value]] = {
            "IF": self._if,
            "FILL": self._fill,
            "MAX": lambda *values: self._fold(max, values),
            "MIN": lambda *values: self._fold(min, values),
            "SUM": lambda *values: self._fold(lambda present: sum(present), values),
            "ABS": lambda value: self._apply_to_values(value, abs),
        }

    def evaluate(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=bool() | int() | float() as number):
                return float(number)
            case ast.Name(id=name) if name in self._series:
                return self._series[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._apply_to_values(self.evaluate(operand), operator.neg)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._apply_to_pairs(_divide, self.evaluate(left), self.evaluate(right))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return self._apply_to_pairs(
                    OPERATORS[type(op)], self.evaluate(left), self.evaluate(right)
                )
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in OPERATORS:
                return self._apply_to_pairs(
                    OPERATORS[type(op)], self.evaluate(left), self.evaluate(right)
                )
            case ast.BoolOp(op=op, values=values):
                fold = min if isinstance(op, ast.And) else max
                return self._fold(fold, [self.evaluate(value) for value in values])
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in self._functions:
                return self._functions[name](*map(self.evaluate, _unpack_lists(arguments)))
        raise ExpressionError(
            f"{ast.unparse(node)!r} in {self._expression!r} is not supported by the emulator; use "
            f"names of metrics, + - * / ^, comparisons and {', '.join(self._functions)}"
        )

    def _to_series(self, value: Value) -> Series:
        return value if isinstance(value, list) else list(repeat(value, self._length))

    def _apply_to_pairs(
        self, function: Callable[[float, float], float | None], a: Value, b: Value
    ) -> Value:
        if not isinstance(a, list) and not isinstance(b, list):
            result = function(a, b)
            if result is None:
                raise ExpressionError(f"{self._expression!r} divides by zero")
            return result
        pairs = zip(self._to_series(a), self._to_series(b), strict=True)
        return [None if x is None or y is None else function(x, y) for x, y in pairs]

    def _apply_to_values(self, value: Value, function: Callable[[float], float]) -> Value:
        if not isinstance(value, list):
            return function(value)
        return [None if item is None else function(item) for item in value]

    def _fold(
        self, function: Callable[[list[float]], float], values: "list[Value] | tuple[Value, ...]"
    ) -> Value:
        rows = zip(*map(self._to_series, values), strict=True)
        present = [[item for item in row if item is not None] for row in rows]
        return [function(row) if row else None for row in present]

    def _if(self, condition: Value, then: Value, otherwise: Value | None = None) -> Value:
        no_data: Series = [None] * self._length
        columns = (
            self._to_series(condition),
            self._to_series(then),
            self._to_series(otherwise) if otherwise is not None else no_data,
        )
        return [
            None if is_true is None else if_true if is_true else if_false
            for is_true, if_true, if_false in zip(*columns, strict=True)
        ]

    def _fill(self, value: Value, filler: Value) -> Value:
        pairs = zip(self._to_series(value), self._to_series(filler), strict=True)
        return [item if item is not None else fill for item, fill in pairs]


def _unpack_lists(arguments: Sequence[ast.expr]) -> Iterator[ast.expr]:
    for argument in arguments:
        yield from argument.elts if isinstance(argument, ast.List) else [argument]


def _divide(a: float, b: float) -> float | None:
    return a / b if b else None
