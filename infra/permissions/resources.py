"""What permissions refer to: the resources of one environment."""

from dataclasses import dataclass

from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_sns as sns

from infra.arns import Arns
from infra.assets import StoredObject
from infra.stacks.data import DataStack


@dataclass(frozen=True, slots=True)
class ExternalFiles:
    """Files outside the environment's buckets, and the KMS keys that encrypt them."""

    objects: tuple[StoredObject, ...] = ()
    key_arns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionResources:
    """Resources that the Lambda functions use. Each function gets access to some of them."""

    arns: Arns
    data: DataStack
    topic: sns.ITopic
    fleet_file: s3_assets.Asset
    initial_files: ExternalFiles
