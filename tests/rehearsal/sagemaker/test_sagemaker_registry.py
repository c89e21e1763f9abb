import pytest

from rehearsal.sagemaker import ServiceError

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312"
STATE_CHANGE = "SageMaker Model Package State Change"


def register(world, **more):
    specification = {
        "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://artifacts/model.tar.gz"}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    return world.call(
        "CreateModelPackage",
        ModelPackageGroupName="flights",
        InferenceSpecification=specification,
        **more,
    )["ModelPackageArn"]


@pytest.fixture
def group(world):
    return world.call("CreateModelPackageGroup", ModelPackageGroupName="flights")


def test_versions_count_up_and_a_deleted_number_is_not_given_again(world, group):
    first, second = register(world), register(world)
    world.call("DeleteModelPackage", ModelPackageName=second)

    third = register(world)

    assert first.endswith(":model-package/flights/1")
    assert third.endswith(":model-package/flights/3")


def test_a_new_version_waits_for_approval(world, group):
    described = world.call("DescribeModelPackage", ModelPackageName=register(world))

    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert described["ModelPackageVersion"] == 1


def test_an_approval_sends_the_documented_event(world, group):
    arn = register(world)
    world.advance(minutes=5)

    world.call("UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Approved")

    detail = world.details(STATE_CHANGE)[-1]
    assert detail["ModelPackageGroupName"] == "flights"
    assert detail["ModelPackageVersion"] == 1
    assert detail["ModelPackageArn"] == arn
    assert detail["ModelApprovalStatus"] == "Approved"
    assert detail["ModelPackageStatus"] == "Completed"
    assert detail["CreationTime"] == "2026-04-18T00:21:48Z"
    assert detail["LastModifiedTime"] == "2026-04-18T00:26:48Z"
    assert detail["InferenceSpecification"]["Containers"][0]["Image"] == IMAGE


def test_an_update_replaces_the_customer_metadata_whole(world, group):
    arn = register(world, CustomerMetadataProperties={"reason": "drift", "baseline": "s3://b/k"})

    world.call("UpdateModelPackage", ModelPackageArn=arn, CustomerMetadataProperties={"note": "x"})

    described = world.call("DescribeModelPackage", ModelPackageName=arn)
    assert described["CustomerMetadataProperties"] == {"note": "x"}


def test_customer_metadata_refuses_signs_that_sagemaker_refuses(world, group):
    with pytest.raises(ServiceError, match="customerMetadataProperties"):
        register(world, CustomerMetadataProperties={"reason": "gain of 3% (95%)"})


def test_versions_are_listed_by_group_and_approval(world, group):
    arns = [register(world) for _ in range(3)]
    world.call("UpdateModelPackage", ModelPackageArn=arns[1], ModelApprovalStatus="Approved")

    every = world.call("ListModelPackages", ModelPackageGroupName="flights", MaxResults=2)
    rest = world.call(
        "ListModelPackages", ModelPackageGroupName="flights", NextToken=every["NextToken"]
    )
    approved = world.call(
        "ListModelPackages", ModelPackageGroupName="flights", ModelApprovalStatus="Approved"
    )

    listed = every["ModelPackageSummaryList"] + rest["ModelPackageSummaryList"]
    assert [each["ModelPackageArn"] for each in listed] == arns
    assert [each["ModelPackageArn"] for each in approved["ModelPackageSummaryList"]] == [arns[1]]


def test_a_group_with_versions_is_not_deleted(world, group):
    arn = register(world)

    with pytest.raises(ServiceError) as refused:
        world.call("DeleteModelPackageGroup", ModelPackageGroupName="flights")
    world.call("DeleteModelPackage", ModelPackageName=arn)
    world.call("DeleteModelPackageGroup", ModelPackageGroupName="flights")

    assert refused.value.code == "ConflictException"


def test_a_registration_repeated_with_its_token_makes_one_version(world, group):
    assert register(world, ClientToken="a") == register(world, ClientToken="a")


def test_only_an_approved_version_becomes_a_model(world, group):
    arn = register(world)
    role = "arn:aws:iam::000000000000:role/endpoint"
    request = {
        "ModelName": "v1",
        "ExecutionRoleArn": role,
        "PrimaryContainer": {"ModelPackageName": arn},
    }

    with pytest.raises(ServiceError, match="is not approved"):
        world.call("CreateModel", **request)
    world.call("UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Approved")
    world.call("CreateModel", **request)

    described = world.call("DescribeModel", ModelName="v1")
    assert described["PrimaryContainer"] == {"ModelPackageName": arn}


def test_tags_are_added_listed_and_taken_away(world, group):
    arn = group["ModelPackageGroupArn"]
    world.call(
        "AddTags", ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    )
    world.call("DeleteTags", ResourceArn=arn, TagKeys=["a"])

    assert world.call("ListTags", ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
