"""Placeholders ``{{Name}}`` in a pipeline definition for values that only CloudFormation knows.

The CDK stack replaces them: it splits the text with ``split`` and joins it with the values.
"""

import re
from typing import Literal, get_args

Placeholder = Literal[
    "RoleArn",  # role of the pipeline's jobs
    "KmsKeyArn",  # key of volumes and outputs
    "Image",  # image of the family: see pipelines.container_images
    "ArtifactsBucket",  # bucket names
    "CaptureBucket",
    "GroundTruthBucket",
    "StepsPackage",  # S3 URI of the zip of pipelines.code_archives.steps_files
    "StepsPackageName",  # its file name: last part of that URI
    "FamilyPackage",  # S3 URI of the tar.gz of pipelines.code_archives.family_files
    "FamilyPackageName",  # its file name
    "Settings",  # S3 URI of a file with pipelines.step_settings.settings_json
    "SettingsName",  # its file name
    "TrainingData",  # S3 URI of the training data, ending in .csv or .parquet
    "ModelPackageGroup",  # name of the registry's group
    "DescribeChallengerArn",  # Lambda function of the step DescribeChallenger
]

PLACEHOLDERS: tuple[str, ...] = get_args(Placeholder)

URIS: tuple[Placeholder, ...] = ("StepsPackage", "FamilyPackage", "Settings", "TrainingData")

_FORM = re.compile(r"\{\{([A-Za-z]+)\}\}")


def placeholder(name: Placeholder) -> str:
    """The placeholder as written in the text."""
    return "{{" + name + "}}"


def split(text: str) -> list[tuple[str, str]]:
    """The text as ordered pairs of kind and value: (``text``, …) or (``placeholder``, name)."""
    parts = _FORM.split(text)
    kinds = ("text", "placeholder")
    return [(kinds[index % 2], part) for index, part in enumerate(parts) if part]


def substitute(text: str, values: dict[str, str]) -> str:
    """The text with the placeholders replaced; raises KeyError where a value is missing."""
    return _FORM.sub(lambda match: values[match.group(1)], text)
