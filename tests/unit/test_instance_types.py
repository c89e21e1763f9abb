"""The tables of instance types, held to EC2's own description and to SageMaker's API model."""

import re
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest

from driftloop.instance_types import (
    ENDPOINT_FAMILIES,
    FORM,
    JOB_FAMILIES,
    family_of,
    has_gpu,
    has_local_storage,
    has_other_accelerator,
    is_arm64,
)

DESCRIBED = Path(__file__).with_name("ec2_instance_families.txt")


def described_families() -> Iterator[tuple[str, str, str, str]]:
    """Yield family, architecture, storage and processor from EC2's description."""
    facts: list[str] = []
    for line in DESCRIBED.read_text().splitlines():
        if line.endswith(":"):
            facts = line.removesuffix(":").split()
        elif not line.startswith("#"):
            yield from ((family, *facts) for family in line.split())  # type: ignore[misc]


def sagemaker_types(shape: str) -> set[str]:
    model = botocore.session.get_session().get_service_model("sagemaker")
    return set(model.shape_for(shape).enum)  # type: ignore[attr-defined]


def sagemaker_families(shape: str) -> set[str]:
    return {family_of(instance_type) for instance_type in sagemaker_types(shape)}


def test_storage_architecture_and_gpu_are_as_ec2_describes_them() -> None:
    described = list(described_families())
    assert len(described) > 150
    stated = [
        (
            family,
            "arm64" if is_arm64(f"ml.{family}.xlarge") else "amd64",
            "nvme" if has_local_storage(f"ml.{family}.xlarge") else "ebs",
            "gpu" if has_gpu(f"ml.{family}.xlarge") else "cpu",
        )
        for family, *_ in described
    ]
    assert stated == described


@pytest.mark.parametrize(
    ("instance_type", "local"),
    [
        # EC2 User Guide, specifications of accelerated computing and memory optimized instances,
        # for families of SageMaker that the description above does not have
        ("ml.dl1.24xlarge", True),
        ("ml.p6e-gb200.36xlarge", True),
        ("ml.p2.xlarge", False),
        ("ml.p3.2xlarge", False),
    ],
)
def test_storage_of_families_that_ec2_no_longer_describes(instance_type: str, local: bool) -> None:
    assert has_local_storage(instance_type) is local


def test_the_families_of_jobs_are_those_of_processing_jobs_and_training_jobs() -> None:
    both = sagemaker_families("ProcessingInstanceType") & sagemaker_families("TrainingInstanceType")
    assert both == JOB_FAMILIES


def test_the_families_of_endpoints_are_those_of_production_variants() -> None:
    assert sagemaker_families("ProductionVariantInstanceType") == ENDPOINT_FAMILIES


def test_every_type_of_sagemaker_has_the_form_of_an_instance_type() -> None:
    shapes = ("ProductionVariantInstanceType", "TrainingInstanceType", "ProcessingInstanceType")
    types = {name for shape in shapes for name in sagemaker_types(shape)}
    assert len(types) > 250
    assert [name for name in sorted(types) if not re.match(FORM, name)] == []


@pytest.mark.parametrize(
    "name", ["m5.large", "ml.m5.largest", "ml.m5", "ml.5.large", "ML.m5.large"]
)
def test_other_text_does_not_have_the_form_of_an_instance_type(name: str) -> None:
    assert not re.match(FORM, name)


def test_no_type_of_a_job_has_a_processor_for_arm64() -> None:
    """One image trains and serves a family, so an image for arm64 could never be trained in."""
    assert not [family for family in JOB_FAMILIES if is_arm64(f"ml.{family}.large")]


@pytest.mark.parametrize("family", ["inf1", "inf2", "trn1", "trn2", "dl1"])
def test_accelerators_that_are_no_gpu(family: str) -> None:
    assert has_other_accelerator(f"ml.{family}.24xlarge")
    assert not has_gpu(f"ml.{family}.24xlarge")
