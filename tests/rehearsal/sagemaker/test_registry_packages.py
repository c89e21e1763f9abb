import pytest

from rehearsal.sagemaker import ServiceError

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312"
STATE_CHANGE = "SageMaker Model Package State Change"


def register(emulator, **more):
    specification = {
        "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://artifacts/model.tar.gz"}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    return emulator.call(
        "CreateModelPackage",
        ModelPackageGroupName="flights",
        InferenceSpecification=specification,
        **more,
    )["ModelPackageArn"]


@pytest.fixture
def group(emulator):
    return emulator.call("CreateModelPackageGroup", ModelPackageGroupName="flights")


def test_the_number_of_a_deleted_version_is_not_used_again(emulator, group):
    first, second = register(emulator), register(emulator)
    emulator.call("DeleteModelPackage", ModelPackageName=second)

    third = register(emulator)

    assert first.endswith(":model-package/flights/1")
    assert third.endswith(":model-package/flights/3")


def test_a_new_version_is_pending_approval(emulator, group):
    described = emulator.call("DescribeModelPackage", ModelPackageName=register(emulator))

    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert described["ModelPackageVersion"] == 1


def test_an_approval_sends_the_documented_event(emulator, group):
    arn = register(emulator)
    emulator.advance(minutes=5)

    emulator.call("UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Approved")

    detail = emulator.details(STATE_CHANGE)[-1]
    assert detail["ModelPackageGroupName"] == "flights"
    assert detail["ModelPackageVersion"] == 1
    assert detail["ModelPackageArn"] == arn
    assert detail["ModelApprovalStatus"] == "Approved"
    assert detail["UpdatedModelPackageFields"] == ["ModelApprovalStatus"]
    assert detail["ModelPackageStatus"] == "Completed"
    assert detail["CreationTime"] == "2026-04-18T00:21:48Z"
    assert detail["LastModifiedTime"] == "2026-04-18T00:26:48Z"
    assert detail["InferenceSpecification"]["Containers"][0]["Image"] == IMAGE


def test_an_update_replaces_the_customer_metadata_whole(emulator, group):
    arn = register(emulator, CustomerMetadataProperties={"reason": "drift", "baseline": "s3://b/k"})

    emulator.call(
        "UpdateModelPackage", ModelPackageArn=arn, CustomerMetadataProperties={"note": "x"}
    )

    described = emulator.call("DescribeModelPackage", ModelPackageName=arn)
    assert described["CustomerMetadataProperties"] == {"note": "x"}


def test_customer_metadata_with_characters_that_sagemaker_rejects_is_an_error(emulator, group):
    with pytest.raises(ServiceError, match="customerMetadataProperties"):
        register(emulator, CustomerMetadataProperties={"reason": "gain of 3% (95%)"})


def test_versions_are_listed_by_group_and_approval(emulator, group):
    arns = [register(emulator) for _ in range(3)]
    emulator.call("UpdateModelPackage", ModelPackageArn=arns[1], ModelApprovalStatus="Approved")

    every = emulator.call("ListModelPackages", ModelPackageGroupName="flights", MaxResults=2)
    rest = emulator.call(
        "ListModelPackages", ModelPackageGroupName="flights", NextToken=every["NextToken"]
    )
    approved = emulator.call(
        "ListModelPackages", ModelPackageGroupName="flights", ModelApprovalStatus="Approved"
    )

    listed = every["ModelPackageSummaryList"] + rest["ModelPackageSummaryList"]
    assert [each["ModelPackageArn"] for each in listed] == arns
    assert [each["ModelPackageArn"] for each in approved["ModelPackageSummaryList"]] == [arns[1]]


def test_a_group_with_versions_can_not_be_deleted(emulator, group):
    arn = register(emulator)

    with pytest.raises(ServiceError) as raised:
        emulator.call("DeleteModelPackageGroup", ModelPackageGroupName="flights")
    emulator.call("DeleteModelPackage", ModelPackageName=arn)
    emulator.call("DeleteModelPackageGroup", ModelPackageGroupName="flights")

    assert raised.value.code == "ConflictException"


def test_a_registration_that_is_repeated_with_its_token_creates_one_version(emulator, group):
    assert register(emulator, ClientToken="a") == register(emulator, ClientToken="a")


def test_a_model_needs_an_approved_version(emulator, group):
    arn = register(emulator)
    role = "arn:aws:iam::000000000000:role/endpoint"
    request = {
        "ModelName": "v1",
        "ExecutionRoleArn": role,
        "PrimaryContainer": {"ModelPackageName": arn},
    }

    with pytest.raises(ServiceError, match="is not approved"):
        emulator.call("CreateModel", **request)
    emulator.call("UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Approved")
    emulator.call("CreateModel", **request)

    described = emulator.call("DescribeModel", ModelName="v1")
    assert described["PrimaryContainer"] == {"ModelPackageName": arn}


def test_tags_are_added_listed_and_deleted(emulator, group):
    arn = group["ModelPackageGroupArn"]
    emulator.call(
        "AddTags", ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    )
    emulator.call("DeleteTags", ResourceArn=arn, TagKeys=["a"])

    assert emulator.call("ListTags", ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
