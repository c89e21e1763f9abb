"""Facts about instance types that decide settings: local storage, architecture, accelerator.

A type is ``ml.<family>.<size>``. All sizes of a family agree in these facts, so the tables list
families. tests/unit/test_instance_types.py compares them with the hardware that EC2 describes and
with SageMaker's API model, and fails on a family that is missing.

Sources, read in November 2026: EC2 User Guide, "Instance store volume limits for EC2 instances" and
the naming conventions of EC2 instance types; SageMaker's API model, shapes
ProductionVariantInstanceType, TrainingInstanceType and ProcessingInstanceType.
"""

import re

FORM = r"^ml\.[a-z]+\d[a-z0-9]*(-[a-z0-9]+)?\.(medium|large|\d*xlarge)$"
"""Pattern of an instance type, such as ml.m5.large or ml.p6-b200.48xlarge."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WITH_DISK = re.compile(r"[a-z]+\d+[a-z]*d[a-z]*")
"""EC2's naming convention: a ``d`` behind the generation stands for instance store volumes."""

_LOCAL_STORAGE = _words(
    "d3 d3en dl1 f2 g5 g6 g6e g6f g7 g7e gr6 gr6f i3 i3en i4g i4i i7i i7ie i8g i8ge im4gn is4gen"
    " p5 p5e p5en p6-b200 p6-b300 p6e-gb200 trn1 trn1n trn2"
)
"""Families with local NVMe storage that have no ``d`` behind the generation."""

_GPU = re.compile(r"(g|gr|p)\d")
_OTHER_ACCELERATOR = re.compile(r"(inf|trn|dl|vt|f)\d")
_ARM64 = re.compile(r"(a1|(c|m|r|t|x|i|im|is|hpc)\d+[a-z]*g[a-z]*|g5g|p6e-gb200)")
"""AWS Graviton processors: a ``g`` behind the generation; and NVIDIA Grace processors."""

JOB_FAMILIES = _words(
    "c4 c5 c6i c7i c7i-flex c8i c8i-flex g4dn g5 g6 g6e g7 g7e m4 m5 m6i m7i m7i-flex m8i m8i-flex"
    " p2 p3 p5 r5 r5d r6i r7i r8i r8i-flex t3"
)
"""Families that SageMaker accepts for processing jobs and for training jobs."""

ENDPOINT_FAMILIES = _words(
    "c4 c5 c5d c6g c6gd c6gn c6i c6in c7g c7i c8g dl1 g4dn g5 g6 g6e g7 g7e inf1 inf2 m4 m5 m5d"
    " m6g m6gd m6i m7i m8g p2 p3 p4d p4de p5 p5e p5en p6-b200 p6-b300 p6e-gb200 r5 r5d r6g r6gd r6i"
    " r7gd r7i r8g t2 trn1 trn1n trn2"
)
"""Families that SageMaker accepts for endpoints."""


def family_of(instance_type: str) -> str:
    """The family of an instance type: ``m5`` of ``ml.m5.large``."""
    return instance_type.removeprefix("ml.").rpartition(".")[0]


def has_local_storage(instance_type: str) -> bool:
    """Whether the type has local NVMe storage, which its own hardware encrypts.

    SageMaker refuses a volume key for it: "You can't request a VolumeKmsKeyId when using an
    instance type with local storage" (API reference, ResourceConfig, ProcessingClusterConfig).
    """
    family = family_of(instance_type)
    return family in _LOCAL_STORAGE or _WITH_DISK.fullmatch(family) is not None


def is_arm64(instance_type: str) -> bool:
    """Whether the type has a processor for arm64, which images for x86_64 do not run on."""
    return _ARM64.fullmatch(family_of(instance_type)) is not None


def has_gpu(instance_type: str) -> bool:
    """Whether the type has a GPU."""
    return _GPU.match(family_of(instance_type)) is not None


def has_other_accelerator(instance_type: str) -> bool:
    """Whether the type has an accelerator that is no GPU, such as AWS Inferentia or Trainium."""
    return _OTHER_ACCELERATOR.match(family_of(instance_type)) is not None
