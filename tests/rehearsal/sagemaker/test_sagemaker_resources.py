import json

import pytest

from rehearsal.sagemaker import provisioners

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312"
ROLE = "arn:aws:iam::000000000000:role/endpoint"
STACK = "driftloop-dev-model-flights"


@pytest.fixture
def types(world):
    return provisioners(world.sagemaker)


def template_model(world, packed, *, weight="2"):
    """Properties of a model, as a template has them: every scalar may be text."""
    from_template = {"code/inference.py": packed.echo, "weight.txt": weight}
    world.store.put("s3://artifacts/model.tar.gz", packed(from_template))
    container = {"Image": IMAGE, "ModelDataUrl": "s3://artifacts/model.tar.gz", "Environment": {}}
    return {
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": container,
        "EnableNetworkIsolation": "true",
    }


def template_config(model, **more):
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": "2",
        "InitialVariantWeight": "1.0",
    }
    return {"ProductionVariants": [variant], **more}


@pytest.fixture
def deployed(world, types, packed):
    """Names of a model, a config and an endpoint that serves, made as CloudFormation makes them."""
    _, model = types["AWS::SageMaker::Model"]["create"](
        "Model", template_model(world, packed), STACK
    )
    config_id, config = types["AWS::SageMaker::EndpointConfig"]["create"](
        "Config", template_config(model["ModelName"]), STACK
    )
    properties = {
        "EndpointName": "flights",
        "EndpointConfigName": config["EndpointConfigName"],
        "Tags": [{"Key": "team", "Value": "a"}],
    }
    endpoint_id, _ = types["AWS::SageMaker::Endpoint"]["create"]("Endpoint", properties, STACK)
    return {
        "model": model["ModelName"],
        "config_id": config_id,
        "endpoint_id": endpoint_id,
        "endpoint": properties,
    }


def test_a_stack_makes_an_endpoint_that_serves_when_it_is_complete(world, deployed):
    assert world.describe()["EndpointStatus"] == "InService"
    assert world.invoke()[2] == b"6.0\n"


def test_calls_of_cloudformation_are_on_record_as_its_own(world, deployed):
    (call,) = world.sagemaker.calls("CreateEndpoint")

    assert call.caller == "cloudformation"


def test_a_changed_config_is_replaced_under_another_name(types, deployed):
    config = types["AWS::SageMaker::EndpointConfig"]
    old = template_config(deployed["model"])
    new = template_config(deployed["model"])
    new["ProductionVariants"][0]["InstanceType"] = "ml.m5.xlarge"

    replaced, _ = config["update"](deployed["config_id"], old, new, STACK)
    config["delete"](deployed["config_id"], old)

    assert replaced != deployed["config_id"]


def test_an_endpoint_on_another_config_is_updated_and_the_log_shows_it(world, types, deployed):
    world.model("ten", weight="10")
    world.config("ten", "ten")
    new = {**deployed["endpoint"], "EndpointConfigName": "ten"}

    types["AWS::SageMaker::Endpoint"]["update"](
        deployed["endpoint_id"], deployed["endpoint"], new, STACK
    )

    assert world.describe()["EndpointStatus"] == "Updating"
    assert [call.caller for call in world.sagemaker.calls("UpdateEndpoint")] == ["cloudformation"]


def test_an_endpoint_with_other_tags_is_not_updated(world, types, deployed):
    new = {**deployed["endpoint"], "Tags": [{"Key": "team", "Value": "b"}]}

    types["AWS::SageMaker::Endpoint"]["update"](
        deployed["endpoint_id"], deployed["endpoint"], new, STACK
    )

    assert world.sagemaker.calls("UpdateEndpoint") == []
    tags = world.call("ListTags", ResourceArn=deployed["endpoint_id"])["Tags"]
    assert tags == [{"Key": "team", "Value": "b"}]


def test_an_endpoint_whose_model_fails_fails_the_stack_with_the_reason(world, types):
    world.model("odd", script="raise ImportError('no such library')")
    world.config("odd", "odd")
    properties = {"EndpointName": "flights", "EndpointConfigName": "odd"}

    with pytest.raises(ValueError, match="no such library"):
        types["AWS::SageMaker::Endpoint"]["create"]("Endpoint", properties, STACK)


def test_deleting_twice_is_no_error(types, deployed):
    for _ in range(2):
        types["AWS::SageMaker::Endpoint"]["delete"](deployed["endpoint_id"], {})


def test_a_property_that_sagemaker_lacks_fails_the_resource(types):
    with pytest.raises(ValueError, match="Unknown parameter 'Colour'"):
        types["AWS::SageMaker::ModelPackageGroup"]["create"](
            "Group", {"ModelPackageGroupName": "flights", "Colour": "blue"}, STACK
        )


def test_a_group_and_its_approved_first_version(world, types):
    group_id, attributes = types["AWS::SageMaker::ModelPackageGroup"]["create"](
        "Group", {"ModelPackageGroupName": "flights"}, STACK
    )
    properties = {
        "ModelPackageGroupName": "flights",
        "ModelApprovalStatus": "Approved",
        "InferenceSpecification": {
            "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://artifacts/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    }

    package_id, package = types["AWS::SageMaker::ModelPackage"]["create"]("One", properties, STACK)

    assert attributes["ModelPackageGroupArn"] == group_id
    assert package["ModelPackageArn"] == package_id
    assert package_id.endswith("model-package/flights/1")
    described = world.call("DescribeModelPackage", ModelPackageName=package_id)
    assert described["ModelApprovalStatus"] == "Approved"


def test_a_pipeline_is_updated_in_place(world, types):
    pipeline = types["AWS::SageMaker::Pipeline"]

    def properties(version):
        text = json.dumps({"Version": version, "Steps": []})
        return {
            "PipelineName": "flights",
            "RoleArn": ROLE,
            "PipelineDefinition": {"PipelineDefinitionBody": text},
        }

    first, _ = pipeline["create"]("Pipeline", properties("2020-12-01"), STACK)
    second, _ = pipeline["update"](first, properties("2020-12-01"), properties("2020-12-02"), STACK)

    assert first == second == "flights"
    described = world.call("DescribePipeline", PipelineName="flights")
    assert json.loads(described["PipelineDefinition"])["Version"] == "2020-12-02"
    pipeline["delete"]("flights", {})
