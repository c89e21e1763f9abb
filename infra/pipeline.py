"""The pipeline's definition with CloudFormation's values put in."""

from collections.abc import Mapping

from aws_cdk import Fn

from pipelines.placeholders import split


def definition_body(text: str, values: Mapping[str, str]) -> str:
    """The definition, its placeholders replaced by ``values`` (tokens); KeyError for one not given.

    The values stand inside JSON strings: ARNs, names and S3 URIs need no escaping there.
    """
    parts = [part if kind == "text" else values[part] for kind, part in split(text)]
    return Fn.join("", parts)
