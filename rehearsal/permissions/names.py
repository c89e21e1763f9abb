"""Names without what differs from one deployment or one run to the next."""

import re
from collections.abc import Iterator
from typing import Any

from rehearsal.resolved_templates import KEY_ID, SUFFIX, ResolvedStacks

_CDK_HASH = re.compile(r"[0-9A-F]{8}$")
ASSETS_BUCKET = "cdk-hnb659fds-assets"
"""Beginning of the name of the bucket of CDK's bootstrap stack."""
_VOLATILE = (
    (re.compile(r"\bpipelines-[a-z0-9]{12}-(\w+)-\w+"), r"pipelines-id-\1-id"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "id"),
    (re.compile(r"(?<=/execution/)[a-z0-9]{12}\b"), "id"),
    (re.compile(r"(?<=/runs/flights/)[a-z0-9]{12}\b"), "id"),
    (re.compile(r"\b[0-9a-f]{12,}\b"), "id"),
    (re.compile(r"\d+"), "0"),
)
"""Identifiers and numbers of one run, and what stands for them."""


def plain_name(logical_id: str) -> str:
    """Return a logical ID without the hash that CDK adds to it."""
    return _CDK_HASH.sub("", logical_id)


class Names:
    """Replaces generated names by those of the resolved templates, and identifiers by tokens."""

    def __init__(self, stacks: ResolvedStacks) -> None:
        generated = {r.name for r in stacks.resources() if r.name.endswith(f"-{SUFFIX}")}
        self.roles = {stacks.arn(role) for role in stacks.resources("AWS::IAM::Role")}
        longest_first = sorted(generated, key=len, reverse=True)
        self._generated = [(_deployed_form(name), name) for name in longest_first]
        known = {*generated, KEY_ID, *stacks.templates, stacks.account.account}
        known |= {resource.name for resource in stacks.resources()}
        known |= {stacks.account.region, ASSETS_BUCKET}
        parts = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
        self._known = re.compile(f"({parts})")
        self._arns = {
            plain_name(r.logical_id): arn for r in stacks.resources() if (arn := stacks.arn(r))
        }

    def shorten(self, text: str) -> str:
        """Return a principal, resource or value without what a run made up."""
        kind, _, named = text.partition(":")
        if kind == "function":
            return self._arns["".join(part.title() for part in named.split("_")) + "Role"]
        if kind == "resource":
            logical_id, separator, key = named.partition("/")
            return self._arns[logical_id] + separator + _without_volatile(key)
        text = re.sub(r"(?<=:key/)[0-9a-f-]{36}", KEY_ID, text)
        for pattern, name in self._generated:
            text = pattern.sub(name, text)
        fields = text.split(":", 5)  # the first five of an ARN name no resource
        place, resource = (fields[:-1], fields[-1]) if text.startswith("arn:") else ([], text)
        return ":".join([*place, "".join(self._parts(resource))])

    def shorten_all(self, value: Any) -> Any:
        """Return a value of a policy with every text in it shortened."""
        if isinstance(value, list):
            return [self.shorten_all(member) for member in value]
        if isinstance(value, dict):
            return {key: self.shorten_all(member) for key, member in value.items()}
        return self.shorten(value) if isinstance(value, str) else value

    def _parts(self, text: str) -> Iterator[str]:
        for position, part in enumerate(self._known.split(text)):
            yield part if position % 2 else _without_volatile(part)


def _deployed_form(name: str) -> re.Pattern[str]:
    """A pattern for the names that an emulator gives the resource: another random end."""
    stem = name.removesuffix(SUFFIX).removesuffix("-")
    return re.compile(rf"{re.escape(stem)}-?[0-9A-Za-z]{{8,16}}(?![0-9A-Za-z])")


def _without_volatile(text: str) -> str:
    for pattern, replacement in _VOLATILE:
        text = pattern.sub(replacement, text)
    return text
