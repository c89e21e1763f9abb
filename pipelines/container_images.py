"""URIs of the families' container images by region, from the SageMaker SDK's tables, offline."""

from typing import Any

from pipelines.families import get_family


def image_registries(family: str) -> dict[str, str]:
    """AWS account of the image's registry by region, for a CloudFormation mapping."""
    from sagemaker.core import image_uris

    row = get_family(family)
    config: dict[str, Any] = image_uris.config_for_framework(row.image)
    return dict(config["training"]["versions"][row.version]["registries"])


def image_uri(family: str, region: str) -> str:
    """URI of the image in one region, for training, processing and serving."""
    from sagemaker.core import image_uris

    row = get_family(family)
    uri = image_uris.retrieve(row.image, region=region, version=row.version, image_scope="training")
    return str(uri)
