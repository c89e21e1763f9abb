"""The threat model of docs/security.md names each role and each bucket, with its real writers."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.permissions.names import plain_name
from tests.infra.conftest import Resource, Templates

PAGE = Path(__file__).parents[2] / "docs" / "security.md"


def rows(header: str) -> list[list[str]]:
    """The rows of the table of the page whose first column has this header."""
    _, _, table = PAGE.read_text(encoding="utf-8").partition(f"\n| {header} |")
    assert table, f"{PAGE.name} has no table of each {header}"
    lines = table.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def logical_name(resource: str) -> str:
    """The name in the code of ``<stack>/<logical ID>``."""
    return plain_name(resource.rpartition("/")[2])


def buckets(templates: Templates) -> set[str]:
    return {logical_name(name) for name, _ in templates.all_resources("AWS::S3::Bucket")}


def written_keys(templates: Templates, model: str) -> Iterator[tuple[str, str, str]]:
    """Bucket, role and key pattern of each permission to put objects."""
    for _, policy in templates.all_resources("AWS::IAM::Policy"):
        [role] = policy["Properties"]["Roles"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            if "s3:PutObject" not in ([actions] if isinstance(actions, str) else actions):
                continue
            resources = statement["Resource"]
            for resource in resources if isinstance(resources, list) else [resources]:
                bucket, key = split_object(resource)
                yield bucket, plain_name(role["Ref"]), key.replace(f"{model}/", "<model>/")


def split_object(resource: Resource) -> tuple[str, str]:
    """Name of the bucket in the data stack, and key pattern, of an object's ARN."""
    imported, key = resource["Fn::Join"][1]
    export = imported["Fn::ImportValue"]
    match = re.search(r"FnGetAtt(\w+?)Arn", export)
    assert match, export
    return plain_name(match[1]), key.removeprefix("/")


@pytest.mark.parametrize("header", ["principal", "role", "bucket"])
def test_no_cell_but_the_last_is_empty(header: str) -> None:
    assert [row for row in rows(header) if not all(row[:-1])] == []


def test_each_role_has_its_row(templates: Templates) -> None:
    roles = {logical_name(name) for name, _ in templates.all_resources("AWS::IAM::Role")}
    assert {row[0].strip("`") for row in rows("role")} == {
        role for role in roles if not role.startswith("CustomResourceProvider")
    }


def test_each_bucket_has_its_row(templates: Templates) -> None:
    assert {row[0].strip("`") for row in rows("bucket")} == buckets(templates)


def test_the_writers_of_each_bucket_are_those_of_the_templates(templates: Templates) -> None:
    expected: dict[str, set[tuple[str, str]]] = {bucket: set() for bucket in buckets(templates)}
    for bucket, role, key in written_keys(templates, "credit"):
        if "price_v2" not in key:
            expected[bucket].add((role, key))
    documented = {}
    for bucket, writers, *_ in rows("bucket"):
        found = set()
        for writer in writers.split(","):
            role, *keys = re.findall(r"`([^`]+)`", writer) or [""]
            found |= {(role, key) for key in keys}
        documented[bucket.strip("`")] = found
    assert documented == expected
