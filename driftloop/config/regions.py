"""What AWS regions lack of what driftloop deploys.

Sources, read in November 2026: CloudFormation's resource types of each region, as cfn-lint 1.58 has
them; the tables of SageMaker's images in its SDK. tests/infra/test_variants.py compares with both.
"""

# Of no template: the function `registry` creates them. Where CloudFormation lacks them, SageMaker's
# model registry may be missing.
_REGISTRY = ("AWS::SageMaker::ModelPackage", "AWS::SageMaker::ModelPackageGroup")
_ENDPOINT = (
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Model",
)

MISSING_TYPES = {
    "ap-east-2": _REGISTRY,
    "ap-south-2": _REGISTRY,
    "ap-southeast-4": _REGISTRY,
    "ap-southeast-6": _REGISTRY,
    "cn-north-1": ("AWS::SageMaker::ModelPackageGroup",),
    "cn-northwest-1": ("AWS::SageMaker::ModelPackageGroup",),
    "me-central-1": _ENDPOINT,
    "us-gov-east-1": (*_ENDPOINT, *_REGISTRY),
}
"""Resource types that CloudFormation lacks, by region; a region that is not listed has them all."""

IMAGE_REGIONS = frozenset(
    {
        *("af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
        *("ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3"),
        *("ap-southeast-4", "ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1"),
        *("eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1"),
        *("eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "sa-east-1"),
        *("us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1", "us-iso-east-1"),
        *("us-isob-east-1", "us-isof-east-1", "us-isof-south-1", "us-west-1", "us-west-2"),
    }
)
"""Regions that have SageMaker's images of the families sklearn and xgboost."""


def region_advisories(region: str) -> list[str]:
    """One sentence for each thing that a region lacks."""
    notes = []
    missing = MISSING_TYPES.get(region, ())
    endpoint = [name for name in missing if name in _ENDPOINT]
    if endpoint:
        notes.append(
            f"region {region}: CloudFormation had no {', '.join(endpoint)} there in November 2026,"
            " and the stack of a model has these resources; check that CloudFormation has them"
            " before you deploy"
        )
    if any(name in _REGISTRY for name in missing):
        notes.append(
            f"region {region}: SageMaker's model registry may be missing there, for CloudFormation"
            " had not all of its resource types in November 2026; check with"
            f" `aws sagemaker list-model-package-groups --region {region}` before you deploy"
        )
    if region not in IMAGE_REGIONS:
        notes.append(
            f"region {region}: SageMaker's SDK had no images of the families sklearn and xgboost"
            " for it in November 2026; the deployment can't look up their registry account"
        )
    return notes
