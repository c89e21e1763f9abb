"""The model registry.

groups          model package groups: CreateModelPackageGroup and related APIs
packages        model packages: CreateModelPackage, UpdateModelPackage and related APIs
package_state   one model package: its state, how the API describes it, the event of its changes
"""

from rehearsal.sagemaker.registry.groups import ModelPackageGroups
from rehearsal.sagemaker.registry.packages import ModelPackages

__all__ = ["ModelPackageGroups", "ModelPackages"]
