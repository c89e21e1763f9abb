"""Parses YAML by the core schema of YAML 1.2 (YAML specification 1.2.2, section 10.3).

PyYAML follows YAML 1.1, in which ``no``, ``yes``, ``on`` and ``off`` are booleans, ``12:30:45`` is
a number in base 60, ``1_000`` is 1000 and ``2026-01-31`` is a date. As names of columns and classes
these are texts, as YAML 1.2 reads them; octal and hexadecimal numbers, which no setting needs, are
texts too. A key is always text, as it is written: every key of driftloop.yaml is a name.
"""

import re
from typing import Any

import yaml

_MERGE = "tag:yaml.org,2002:merge"
_CORE_SCHEMA = (
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("tag:yaml.org,2002:int", r"[-+]?[0-9]+", list("-+0123456789")),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    (_MERGE, r"<<", ["<"]),
)
"""Tags of plain scalars, their texts, and the characters with which these begin."""


class _CoreSchemaLoader(yaml.SafeLoader):
    """YAML's safe subset, in which a duplicate key is an error instead of a silent loss."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  (PyYAML's own attribute)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be a name", key_node.start_mark
                )
            if key_node.tag == _MERGE:
                continue
            if key_node.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key_node.value!r} is given twice", key_node.start_mark
                )
            seen.add(key_node.value)
        self.flatten_mapping(node)
        return {
            str(key_node.value): self.construct_object(value_node, deep=deep)
            for key_node, value_node in node.value
        }

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        return int(str(node.value))  # YAML 1.1 reads 010 as 8

    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        return float(str(node.value).lower().replace(".inf", "inf").replace(".nan", "nan"))


for _tag, _pattern, _first in _CORE_SCHEMA:
    _CoreSchemaLoader.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern})\Z"), _first)
_CoreSchemaLoader.add_constructor("tag:yaml.org,2002:int", _CoreSchemaLoader.construct_yaml_int)
_CoreSchemaLoader.add_constructor("tag:yaml.org,2002:float", _CoreSchemaLoader.construct_yaml_float)


def parse_yaml(text: str) -> Any:
    """The content of a document; raises YAMLError, ValueError or RecursionError."""
    return yaml.load(text, Loader=_CoreSchemaLoader)  # noqa: S506  (a SafeLoader)
