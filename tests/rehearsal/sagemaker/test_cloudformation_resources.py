import json
import re

import pytest

from rehearsal.sagemaker import provisioners

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312"
ROLE = "arn:aws:iam::000000000000:role/endpoint"
STACK = "driftloop-dev-model-flights"


@pytest.fixture
def resource_types(emulator):
    return provisioners(emulator.sagemaker)


def template_model(emulator, packed, *, weight="2"):
    """Properties of a model, as a template has them: scalars may be text."""
    from_template = {"code/inference.py": packed.echo, "weight.txt": weight}
    emulator.store.put("s3://artifacts/model.tar.gz", packed(from_template))
    container = {"Image": IMAGE, "ModelDataUrl": "s3://artifacts/model.tar.gz"}
    container["Environment"] = packed.environment
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
def deployed(emulator, resource_types, packed):
    """A model, a config and a serving endpoint, created as CloudFormation creates them."""
    _, model = resource_types["AWS::SageMaker::Model"]["create"](
        "Model", template_model(emulator, packed), STACK
    )
    config_id, config = resource_types["AWS::SageMaker::EndpointConfig"]["create"](
        "Config", template_config(model["ModelName"]), STACK
    )
    properties = {
        "EndpointName": "flights",
        "EndpointConfigName": config["EndpointConfigName"],
        "Tags": [{"Key": "team", "Value": "a"}],
    }
    endpoint_id, _ = resource_types["AWS::SageMaker::Endpoint"]["create"](
        "Endpoint", properties, STACK
    )
    return {
        "model": model["ModelName"],
        "config_id": config_id,
        "endpoint_id": endpoint_id,
        "endpoint": properties,
    }


def test_an_endpoint_serves_when_its_stack_is_complete(emulator, deployed):
    assert emulator.describe()["EndpointStatus"] == "InService"
    assert emulator.invoke()[2] == b"6.0\n"


def test_calls_of_cloudformation_are_logged_with_their_caller(emulator, deployed):
    (call,) = emulator.sagemaker.calls("CreateEndpoint")

    assert call.caller == "cloudformation"


def test_a_changed_config_is_replaced_by_one_with_another_name(resource_types, deployed):
    config = resource_types["AWS::SageMaker::EndpointConfig"]
    old = template_config(deployed["model"])
    new = template_config(deployed["model"])
    new["ProductionVariants"][0]["InstanceType"] = "ml.m5.xlarge"

    replaced, _ = config["update"](deployed["config_id"], old, new, STACK, "Config")
    config["delete"](deployed["config_id"], old)

    assert replaced != deployed["config_id"]


def test_generated_names_are_the_logical_id_and_random_characters(deployed):
    """As in aws/aws-cli#4021 and go-to-k/cdk-real-drift#1527, without the stack's name."""
    assert re.fullmatch(r"Model-[A-Za-z0-9]{12}", deployed["model"])
    assert re.fullmatch(r"Config-[A-Za-z0-9]{12}", deployed["config_id"].rpartition("/")[2])


def test_a_resource_with_a_name_of_its_own_is_not_replaced(emulator, resource_types, packed):
    config = resource_types["AWS::SageMaker::EndpointConfig"]
    emulator.model("two")
    old = template_config("two", EndpointConfigName="initial")
    physical_id, _ = config["create"]("Config", old, STACK)
    new = template_config("two", EndpointConfigName="initial")
    new["ProductionVariants"][0]["InstanceType"] = "ml.m5.xlarge"
    with pytest.raises(ValueError, match="custom-named resource requires replacing"):
        config["update"](physical_id, old, new, STACK, "Config")


def test_another_config_updates_the_endpoint_and_is_logged(emulator, resource_types, deployed):
    emulator.model("ten", weight="10")
    emulator.config("ten", "ten")
    new = {**deployed["endpoint"], "EndpointConfigName": "ten"}

    resource_types["AWS::SageMaker::Endpoint"]["update"](
        deployed["endpoint_id"], deployed["endpoint"], new, STACK, "Endpoint"
    )

    assert emulator.describe()["EndpointStatus"] == "Updating"
    assert [call.caller for call in emulator.sagemaker.calls("UpdateEndpoint")] == [
        "cloudformation"
    ]


def test_other_tags_do_not_update_the_endpoint(emulator, resource_types, deployed):
    new = {**deployed["endpoint"], "Tags": [{"Key": "team", "Value": "b"}]}

    resource_types["AWS::SageMaker::Endpoint"]["update"](
        deployed["endpoint_id"], deployed["endpoint"], new, STACK, "Endpoint"
    )

    assert emulator.sagemaker.calls("UpdateEndpoint") == []
    tags = emulator.call("ListTags", ResourceArn=deployed["endpoint_id"])["Tags"]
    assert tags == [{"Key": "team", "Value": "b"}]


def test_a_model_that_does_not_load_fails_the_stack_with_the_reason(emulator, resource_types):
    emulator.model("odd", script="raise ImportError('no such library')")
    emulator.config("odd", "odd")
    properties = {"EndpointName": "flights", "EndpointConfigName": "odd"}

    with pytest.raises(ValueError, match="no such library"):
        resource_types["AWS::SageMaker::Endpoint"]["create"]("Endpoint", properties, STACK)


def test_deleting_twice_is_not_an_error(resource_types, deployed):
    for _ in range(2):
        resource_types["AWS::SageMaker::Endpoint"]["delete"](deployed["endpoint_id"], {})


def test_an_unknown_property_fails_the_resource(resource_types):
    with pytest.raises(ValueError, match="Unknown parameter 'Color'"):
        resource_types["AWS::SageMaker::EndpointConfig"]["create"](
            "Config", {"EndpointConfigName": "flights", "Color": "blue"}, STACK
        )


def test_a_pipeline_is_updated_in_place(emulator, resource_types):
    pipeline = resource_types["AWS::SageMaker::Pipeline"]

    def properties(version):
        text = json.dumps({"Version": version, "Steps": []})
        return {
            "PipelineName": "flights",
            "RoleArn": ROLE,
            "PipelineDefinition": {"PipelineDefinitionBody": text},
        }

    first, _ = pipeline["create"]("Pipeline", properties("2020-12-01"), STACK)
    second, _ = pipeline["update"](
        first, properties("2020-12-01"), properties("2020-12-02"), STACK, "Pipeline"
    )

    assert first == second == "flights"
    described = emulator.call("DescribePipeline", PipelineName="flights")
    assert json.loads(described["PipelineDefinition"])["Version"] == "2020-12-02"
    pipeline["delete"]("flights", {})
