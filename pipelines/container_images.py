"""Where SageMaker keeps a family's image, in every region; offline, from the SDK's own tables."""

from typing import Any

from pipelines.families import get_family


def image_registries(family: str) -> dict[str, str]:
    """Account of the image's registry by region, for a CloudFormation mapping."""
    from sagemaker.core import image_uris

    chosen = get_family(family)
    config: dict[str, Any] = image_uris.config_for_framework(chosen.image)
    return dict(config["training"]["versions"][chosen.version]["registries"])


def image_uri(family: str, region: str) -> str:
    """URI of the image in one region; training, processing and serving share it."""
    from sagemaker.core import image_uris

    chosen = get_family(family)
    uri = image_uris.retrieve(
        chosen.image, region=region, version=chosen.version, image_scope="training"
    )
    return str(uri)
