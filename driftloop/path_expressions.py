"""Path expressions: the part of JMESPath that selects values by keys and positions.

JMESPath is the language of AWS for values in JSON: SageMaker Clarify's ``FeaturesAttribute``,
``LabelAttribute`` and ``ProbabilityAttribute`` are JMESPath expressions (SageMaker API reference,
ClarifyInferenceConfig), and so is ``--query`` of the AWS CLI. Supported are identifiers, quoted
identifiers, sub-expressions, indexes and list wildcards (JMESPath Specification, "Grammar"):
``customer.address.city``, ``"home-city"``, ``values[0]``, ``instances[*].age``. Filters, functions
and multi-selects are refused, so that the time of an expression is bounded by its document.

It differs from JMESPath in two ways, for the sake of rows. An item of a list without a value keeps
its place, as None, so that rows do not shift. A key that is applied to a list is applied to each of
its items, so ``[*]`` may be left out.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import ClassVar, Final

MISSING: Final = object()
"""The result of a path that leads to nothing; JSON's null is a value."""

MAX_STEPS = 32
"""Steps of an expression: payloads are not nested more deeply, and every step is a call."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STEP = re.compile(
    r"""(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<quoted>"(?:[^"\\]|\\.)*")"""
    r"""|\[(?:(?P<index>-?[0-9]{1,9})|(?P<wildcard>\*))\]"""
)


@dataclass(frozen=True, slots=True)
class PathExpression:
    """A compiled path expression.

    Attributes:
        steps: A key (text), a position (number), or ``EACH`` for all items of a list.

    Example:
        >>> path = PathExpression.parse("customers[*].age")
        >>> path.find({"customers": [{"age": 41}, {"age": 32}]})
        [41, 32]
    """

    steps: tuple[str | int, ...]

    EACH: ClassVar[int] = 1 << 40
    """The step ``[*]``: no list has so many items."""

    @classmethod
    def parse(cls, text: str) -> "PathExpression":
        """Compile an expression; raises ValueError, which names the part that is not supported."""
        steps: list[str | int] = []
        position = 0
        while position < len(text) or not steps:
            needs_dot = bool(steps) and text[position] != "["
            if needs_dot:
                if text[position] != ".":
                    raise ValueError(_refusal(text, position))
                position += 1
            match = _STEP.match(text, position)
            if match is None or (needs_dot and match[0][0] == "["):
                raise ValueError(_refusal(text, position))
            steps.append(cls._step(match, text))
            position = match.end()
        if len(steps) > MAX_STEPS:
            raise ValueError(f"{text[:60]!r} has more than {MAX_STEPS} steps")
        return cls(tuple(steps))

    @classmethod
    def from_keys(cls, keys: Sequence[str]) -> "PathExpression":
        """The path through these keys."""
        return cls(tuple(keys))

    @property
    def leading_keys(self) -> tuple[str, ...]:
        """The keys before the first position or list."""
        return tuple(takewhile(lambda step: isinstance(step, str), self.steps))  # type: ignore[arg-type]

    @property
    def first_key(self) -> str | None:
        """The key of the outermost object; None if the path begins with a position."""
        return next(iter(self.leading_keys), None)

    def find(self, document: object) -> object:
        """The value in a decoded JSON document; ``MISSING`` if the path leads to nothing."""
        for number, step in enumerate(self.steps):
            if isinstance(step, str) and isinstance(document, dict):
                if step not in document:
                    return MISSING
                document = document[step]
            elif isinstance(document, list) and (isinstance(step, str) or step == self.EACH):
                rest = PathExpression(self.steps[number + (step == self.EACH) :])
                return rest._find_in_each(document, is_explicit=step == self.EACH)
            elif isinstance(document, list) and isinstance(step, int):
                if not -len(document) <= step < len(document):
                    return MISSING
                document = document[step]
            else:
                return MISSING
        return document

    def __str__(self) -> str:
        parts: list[str] = []
        for step in self.steps:
            if isinstance(step, str):
                is_plain = _IDENTIFIER.fullmatch(step) is not None
                name = step if is_plain else json.dumps(step, ensure_ascii=False)
                parts.append(f".{name}" if parts else name)
            else:
                parts.append("[*]" if step == self.EACH else f"[{step}]")
        return "".join(parts)

    def _find_in_each(self, items: list[object], *, is_explicit: bool) -> object:
        """The value in each item, None where there is none; ``MISSING`` if no item has one."""
        found = [self.find(item) for item in items]
        if all(value is MISSING for value in found) and (found or not is_explicit):
            return MISSING
        return [None if value is MISSING else value for value in found]

    @classmethod
    def _step(cls, match: re.Match[str], text: str) -> str | int:
        if match["name"] is not None:
            return match["name"]
        if match["quoted"] is not None:
            try:
                return str(json.loads(match["quoted"]))
            except ValueError as error:
                raise ValueError(_refusal(text, match.start())) from error
        return cls.EACH if match["wildcard"] else int(match["index"])


def _refusal(text: str, position: int) -> str:
    """What is wrong with an expression, with the quoted form of a key that needs it."""
    if not text:
        return "is empty; write a path of keys, as in customer.address.city"
    return (
        f"{text[:60]!r} is no path of keys and positions at character {position + 1}; of JMESPath,"
        " keys (customer.city), positions (values[0]) and lists (rows[*].age) are supported; a key"
        ' with other characters than letters, digits and _ is quoted ("home-city")'
    )
