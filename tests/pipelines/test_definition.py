import ast
import importlib
import json
import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from driftloop.config import load_config
from driftloop.config.sections import TrainingSettings
from driftloop.contract.payloads import ChallengerDescription, ChallengerFiles
from driftloop.retraining.execution_time import max_execution_time
from driftloop.retraining.pipeline_parameters import PARAMETERS
from pipelines.container_images import image_registries, image_uri
from pipelines.definition import MAX_DEFINITION_LENGTH, pipeline_definition
from pipelines.families import FAMILIES
from pipelines.placeholders import PLACEHOLDERS, split, substitute

TEXT = """
models:
  toy:
    problem_type: binary_classification
    features: {x: numeric, city: categorical}
    target: label
    family: FAMILY
    training_data: toy.csv
    training: {instance_type: ml.c5.xlarge, max_runtime_minutes: 15, hyperparameters: {seed: 3}}
"""
APIS = {
    "Processing": "CreateProcessingJob",
    "Training": "CreateTrainingJob",
    "RegisterModel": "CreateModelPackage",
}
ROLE = "arn:aws:iam::123456789012:role/pipeline"
# Job names that SageMaker generates when an execution starts the job.
GENERATED_NAMES = {
    "CreateProcessingJob": "ProcessingJobName",
    "CreateTrainingJob": "TrainingJobName",
}


def _text(family: str = "sklearn", instance_type: str = "ml.c5.xlarge") -> str:
    text = TEXT.replace("FAMILY", family).replace("ml.c5.xlarge", instance_type)
    model = load_config(text).models["toy"]
    return pipeline_definition(pipeline_name="driftloop-main-toy", model_name="toy", model=model)


@pytest.fixture(scope="module", params=["sklearn", "xgboost"])
def text(request: pytest.FixtureRequest) -> str:
    return _text(request.param)


@pytest.fixture(scope="module")
def definition(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _steps(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for step in definition["Steps"]:
        yield step
        for branch in ("IfSteps", "ElseSteps"):
            yield from step["Arguments"].get(branch, [])


def _values(node: Any) -> Iterator[Any]:
    yield node
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield from _values(child)


def _resolved(node: Any) -> Any:
    """The node with a text in place of every pipeline variable."""
    if isinstance(node, dict):
        if set(node) & {"Get", "Std:Join"}:
            return "s3://bucket/known/when/running"
        return {key: _resolved(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_resolved(child) for child in node]
    return node.replace("{{RoleArn}}", ROLE) if isinstance(node, str) else node


def _invalid_enums(shape: Any, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for name, child in value.items():
            yield from _invalid_enums(shape.members[name], child, f"{path}.{name}")
    elif shape.type_name == "list":
        for child in value:
            yield from _invalid_enums(shape.member, child, f"{path}[]")
    elif shape.type_name == "map":
        for child in value.values():
            yield from _invalid_enums(shape.value, child, f"{path}{{}}")
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{path}: {value}"


def test_the_steps_and_parameters_have_the_documented_names(definition: dict[str, Any]) -> None:
    names = [step["Name"] for step in _steps(definition)]
    expected = [
        "Curate",
        "Train",
        "Evaluate",
        "Baseline",
        "DescribeChallenger",
        "CheckImprovement",
        "RegisterModel",
        "RejectChallenger",
    ]
    assert names == expected
    assert {each["Name"]: each["DefaultValue"] for each in definition["Parameters"]} == PARAMETERS


@pytest.mark.parametrize("kind", APIS)
def test_the_arguments_of_every_step_are_valid_for_the_api(
    definition: dict[str, Any], kind: str
) -> None:
    api = botocore.session.get_session().get_service_model("sagemaker").operation_model(APIS[kind])
    assert api.input_shape is not None
    steps = [step for step in _steps(definition) if step["Type"] == kind]
    assert steps
    for step in steps:
        arguments = _resolved(step["Arguments"])
        if APIS[kind] in GENERATED_NAMES:
            arguments = {**arguments, GENERATED_NAMES[APIS[kind]]: "generated-name"}
        report = ParamValidator().validate(arguments, api.input_shape)
        assert not report.has_errors(), f"{step['Name']}: {report.generate_report()}"
        assert list(_invalid_enums(api.input_shape, arguments, step["Name"])) == []


def test_every_reference_has_an_existing_target(definition: dict[str, Any]) -> None:
    steps = {step["Name"]: step for step in _steps(definition)}
    gets = [node["Get"] for node in _values(definition) if isinstance(node, dict) and "Get" in node]
    assert len(gets) > 20
    for get in gets:
        kind, name, *rest = get.split(".")
        if kind == "Parameters":
            assert name in PARAMETERS
        elif kind == "Execution":
            assert name in ("PipelineName", "PipelineExecutionId")
        elif rest[0].startswith("OutputParameters"):
            declared = [each["OutputName"] for each in steps[name]["OutputParameters"]]
            assert rest[0] in [f"OutputParameters['{name}']" for name in declared]
        else:
            assert name in steps, get
            outputs = steps[name]["Arguments"].get("ProcessingOutputConfig", {}).get("Outputs", [])
            wanted = re.search(r"Outputs\['(\w+)'\]", get)
            assert wanted is None or wanted[1] in [each["OutputName"] for each in outputs]


def test_no_value_is_read_by_jsonget_which_is_documented_for_conditions_alone(text: str) -> None:
    """SageMaker developer guide, "Condition step"."""
    assert "JsonGet" not in text


def test_parameters_have_documented_names_and_no_empty_default(definition: dict[str, Any]) -> None:
    """aws/sagemaker-python-sdk#3564: an empty string is no value of a pipeline parameter."""
    for parameter in definition["Parameters"]:
        assert re.fullmatch(r"[A-Za-z0-9\-_]{1,256}", parameter["Name"])
        assert 1 <= len(parameter["DefaultValue"]) <= 256


def test_every_job_is_repeated_after_every_kind_of_fault(definition: dict[str, Any]) -> None:
    """SageMaker developer guide, "Retry policy for pipeline steps"."""
    calls = {"Step.SERVICE_FAULT", "Step.THROTTLING"}
    jobs = calls | {f"SageMaker.{e}" for e in ("CAPACITY_ERROR", "RESOURCE_LIMIT")}
    jobs |= {"SageMaker.JOB_INTERNAL_ERROR"}
    expected = {"Processing": jobs, "Training": jobs, "RegisterModel": calls}
    for step in _steps(definition):
        policies = step.get("RetryPolicies", [])
        repeated = [name for policy in policies for name in policy["ExceptionType"]]
        assert sorted(repeated) == sorted(expected.get(step["Type"], set())), step["Name"]
        for policy in policies:
            assert ("MaxAttempts" in policy) != ("ExpireAfterMin" in policy)
            assert 1 <= policy["IntervalSeconds"] <= 43_200
            assert policy["BackoffRate"] >= 1
            assert 1 <= policy.get("MaxAttempts", 1) <= 20
            assert 1 <= policy.get("ExpireAfterMin", 1) <= 14_400


def test_an_execution_is_overdue_only_beyond_the_limits_of_all_its_steps(
    definition: dict[str, Any],
) -> None:
    """Every attempt of every step for its whole time limit, and every wait between attempts."""
    seconds = 0.0
    for step in _steps(definition):
        limit = step.get("Arguments", {}).get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 0)
        seconds += limit
        for policy in step.get("RetryPolicies", []):
            if "ExpireAfterMin" in policy:
                seconds += policy["ExpireAfterMin"] * 60
                continue
            waits = range(policy["MaxAttempts"])
            seconds += sum(policy["IntervalSeconds"] * policy["BackoffRate"] ** n for n in waits)
            if policy["ExceptionType"] == ["SageMaker.JOB_INTERNAL_ERROR"]:
                seconds += policy["MaxAttempts"] * limit
    settings = load_config(TEXT.replace("FAMILY", "sklearn")).models["toy"].training
    longest = max_execution_time(settings).total_seconds()
    assert seconds < longest <= seconds + 2 * 3600


def test_steps_have_the_fields_and_the_place_that_the_schema_of_definitions_gives_their_type(
    definition: dict[str, Any],
) -> None:
    """aws-sagemaker-mlops/sagemaker-model-building-pipeline-definition-JSON-schema."""
    common = {"Name", "Type", "DependsOn", "DisplayName", "Description", "Arguments"}
    fields = {
        "Processing": common | {"RetryPolicies", "CacheConfig"},
        "Training": common | {"RetryPolicies", "CacheConfig"},
        "Lambda": common | {"CacheConfig", "FunctionArn", "OutputParameters"},
        "Condition": common,
        "RegisterModel": common | {"RetryPolicies"},
        "Fail": common,
    }
    for step in _steps(definition):
        assert set(step) <= fields[step["Type"]], step["Name"]
    [condition] = [step for step in definition["Steps"] if step["Type"] == "Condition"]
    inner = {"Training", "Fail", "Processing", "Transform", "RegisterModel"}
    for branch in ("IfSteps", "ElseSteps"):
        assert {step["Type"] for step in condition["Arguments"][branch]} <= inner
    for each in condition["Arguments"]["Conditions"]:
        assert each["Type"] == "Equals"
        assert set(each["LeftValue"]) == {"Get"}
        assert isinstance(each["RightValue"], str)


def test_only_jobs_whose_inputs_are_all_in_the_caches_key_are_cached(
    definition: dict[str, Any],
) -> None:
    """What reads S3 by itself is never cached: its arguments do not say what it read."""
    cached = {step["Name"] for step in _steps(definition) if "CacheConfig" in step}
    assert cached == {"Train", "Evaluate", "Baseline"}
    for step in _steps(definition):
        if step["Name"] in cached:
            assert step["CacheConfig"] == {"Enabled": True, "ExpireAfter": "P7D"}
            arguments = step["Arguments"]
            network = arguments.get("NetworkConfig", arguments)
            assert network["EnableNetworkIsolation"] is True


def test_what_a_cached_step_wrote_is_found_where_that_step_wrote_it(
    definition: dict[str, Any],
) -> None:
    """A cached step's outputs are below another execution's prefix: no step may guess them."""
    for step in _steps(definition):
        if step["Type"] in ("RegisterModel", "Lambda"):
            assert "Execution.PipelineExecutionId" not in json.dumps(step)


def test_the_lambda_step_passes_and_returns_what_its_function_takes_and_gives(
    definition: dict[str, Any],
) -> None:
    [step] = [step for step in _steps(definition) if step["Type"] == "Lambda"]
    assert step["FunctionArn"] == "{{DescribeChallengerArn}}"
    assert set(step["Arguments"]) == set(ChallengerFiles.__struct_fields__)
    assert [each["OutputName"] for each in step["OutputParameters"]] == list(
        ChallengerDescription.__struct_fields__
    )
    assert {each["OutputType"] for each in step["OutputParameters"]} == {"String"}
    assert len(step["OutputParameters"]) <= 50  # API reference, LambdaStepMetadata
    assert "Baseline" in step["DependsOn"]


def test_the_registry_gets_the_statistics_that_it_displays(definition: dict[str, Any]) -> None:
    [package] = [s["Arguments"] for s in _steps(definition) if s["Type"] == "RegisterModel"]
    metrics, drift = package["ModelMetrics"], package["DriftCheckBaselines"]
    statistics = metrics["ModelQuality"]["Statistics"]
    assert statistics["ContentType"] == "application/json"
    assert statistics["S3Uri"]["Std:Join"]["Values"][-1] == "statistics.json"
    assert drift == {"ModelQuality": {"Statistics": statistics}}


def test_no_step_depends_on_a_later_step(definition: dict[str, Any]) -> None:
    seen: set[str] = set()
    for step in _steps(definition):
        gets = [n["Get"] for n in _values(step["Arguments"]) if isinstance(n, dict) and "Get" in n]
        needed = {get.split(".")[1] for get in gets if get.startswith("Steps.")}
        inside = {
            each["Name"]
            for branch in ("IfSteps", "ElseSteps")
            for each in step["Arguments"].get(branch, [])
        }
        assert needed - inside <= seen
        seen.add(step["Name"])


def test_the_same_model_gives_the_same_bytes(text: str, request: pytest.FixtureRequest) -> None:
    family = "xgboost" if "num_boost_round" in text else "sklearn"
    assert _text(family) == text
    assert len(text) <= MAX_DEFINITION_LENGTH


def test_the_definition_contains_nothing_of_the_machine_that_synthesized_it(text: str) -> None:
    assert not re.search(
        r"us-east-1|amazonaws|20[0-9]{2}-(?!12-01)[0-9]{2}|offline|/root|000000", text
    )
    assert "placeholder" not in text


def test_every_placeholder_in_the_definition_is_listed(text: str) -> None:
    found = {value for kind, value in split(text) if kind == "placeholder"}
    assert found == set(PLACEHOLDERS)
    values = {name: f"<{name}>" for name in PLACEHOLDERS}
    assert "{{" not in substitute(text, values)
    assert "".join(v if kind == "text" else values[v] for kind, v in split(text)) == substitute(
        text, values
    )


def test_volumes_and_outputs_are_encrypted_and_only_curate_has_a_network(
    definition: dict[str, Any],
) -> None:
    jobs = {s["Name"]: s["Arguments"] for s in _steps(definition) if s["Type"] in APIS}
    for name in ("Curate", "Evaluate", "Baseline"):
        assert jobs[name]["ProcessingOutputConfig"]["KmsKeyId"] == "{{KmsKeyArn}}"
        cluster = jobs[name]["ProcessingResources"]["ClusterConfig"]
        assert cluster["VolumeKmsKeyId"] == "{{KmsKeyArn}}"
        assert cluster["InstanceType"] == "ml.c5.xlarge"
        isolated = jobs[name]["NetworkConfig"]["EnableNetworkIsolation"]
        assert isolated is (name != "Curate")
        assert jobs[name]["StoppingCondition"]["MaxRuntimeInSeconds"] == 900
    assert jobs["Train"]["EnableNetworkIsolation"] is True
    assert jobs["Train"]["OutputDataConfig"]["KmsKeyId"] == "{{KmsKeyArn}}"
    assert jobs["Train"]["ResourceConfig"]["VolumeKmsKeyId"] == "{{KmsKeyArn}}"


def test_configured_hyperparameters_override_those_of_the_family(
    definition: dict[str, Any],
) -> None:
    train = next(step for step in _steps(definition) if step["Name"] == "Train")
    assert train["Arguments"]["HyperParameters"]["seed"] == "3"


def test_the_training_job_installs_its_code_without_a_network(definition: dict[str, Any]) -> None:
    [train] = [step["Arguments"] for step in _steps(definition) if step["Type"] == "Training"]
    assert train["EnableNetworkIsolation"] is True
    # pip inverts the values of options that begin with "no"
    assert train["Environment"] == {"PIP_NO_BUILD_ISOLATION": "0"}


def test_the_model_package_waits_for_approval_with_the_decision_in_its_metadata(
    definition: dict[str, Any],
) -> None:
    register = next(step for step in _steps(definition) if step["Name"] == "RegisterModel")
    package = register["Arguments"]
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    [container] = package["InferenceSpecification"]["Containers"]
    assert container["Environment"] == {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "*/*",
        "PIP_NO_BUILD_ISOLATION": "0",
    }
    for direction in ("SupportedContentTypes", "SupportedResponseMIMETypes"):
        declared = package["InferenceSpecification"][direction]
        assert declared == ["text/csv", "application/json", "application/jsonlines"]
    assert set(package["CustomerMetadataProperties"]) == {
        "baseline_uri",
        "evaluation_uri",
        "reason",
        "decision_id",
        "champion_version",
        "training_data_range",
        "omitted_data",
        "model_data_etag",
        "model_data_sha256",
        "evaluation_decision_summary",
        "evaluation_ranking_score",
        "evaluation_proper_score",
        "evaluation_golden_set",
        "evaluation_evaluated_rows",
    }


def test_fixed_container_arguments_have_at_most_the_256_characters_of_the_api(
    definition: dict[str, Any],
) -> None:
    for step in _steps(definition):
        command = step["Arguments"].get("AppSpecification", {})
        for argument in [
            *command.get("ContainerEntrypoint", []),
            *command.get("ContainerArguments", []),
        ]:
            assert isinstance(argument, dict) or len(argument) <= 256


def test_the_steps_accept_the_options_that_the_definition_passes(
    definition: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    for step in _steps(definition):
        command = step["Arguments"].get("AppSpecification")
        if command is None:
            continue
        module = importlib.import_module(f"pipelines.steps.{command['ContainerEntrypoint'][-1]}")
        with pytest.raises(SystemExit):
            module.main(["--help"])
        accepted = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
        passed = {
            argument
            for argument in command["ContainerArguments"]
            if isinstance(argument, str) and argument.startswith("--")
        }
        assert passed <= accepted


def test_a_warm_start_of_a_family_without_support_fails_with_the_setting() -> None:
    text = TEXT.replace("FAMILY", "sklearn").replace("training: {", "training: {warm_start: true, ")
    model = load_config(text).models["toy"]
    with pytest.raises(ValueError, match=r"training\.warm_start: sklearn"):
        pipeline_definition(pipeline_name="p", model_name="toy", model=model)


@pytest.mark.parametrize("family", ["sklearn", "xgboost"])
def test_an_unknown_hyperparameter_fails_with_the_names_that_exist(family: str) -> None:
    text = TEXT.replace("FAMILY", family).replace("{seed: 3}", "{sede: 3}")
    model = load_config(text).models["toy"]
    message = rf"training\.hyperparameters\.sede: is not a hyperparameter of {family}; there are .*"
    with pytest.raises(ValueError, match=message + "seed; did you mean 'seed'"):
        pipeline_definition(pipeline_name="p", model_name="toy", model=model)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("max_iter", 200.5, "must be a whole number; the default is 200 (found 200.5)"),
        ("min_samples_leaf", True, "must be a whole number; the default is 40 (found True)"),
        ("l2_regularization", "much", "must be a number; the default is 1.0 (found 'much')"),
        ("l2_regularization", "nan", "must be a number; the default is 1.0 (found 'nan')"),
    ],
)
def test_a_hyperparameter_of_another_type_is_a_problem_with_the_default(
    name: str, value: object, message: str
) -> None:
    training = TrainingSettings(hyperparameters={name: value})
    [problem] = FAMILIES["sklearn"].unsupported_settings(training)
    assert str(problem) == f"training.hyperparameters.{name}: {message}"


def test_hyperparameters_that_the_training_script_can_parse_are_no_problem() -> None:
    values = {"max_iter": 10, "l2_regularization": 2, "learning_rate": "0.1", "seed": "3"}
    training = TrainingSettings(hyperparameters=values)
    assert FAMILIES["sklearn"].unsupported_settings(training) == []


@pytest.mark.parametrize("family", ["sklearn", "xgboost"])
def test_the_hyperparameters_of_a_family_are_those_of_its_training_script(family: str) -> None:
    script = ast.parse((FAMILIES[family].folder / "train.py").read_text())
    [known] = [
        [ast.literal_eval(key) for key in node.value.keys if key is not None]
        for node in script.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict)
    ]
    assert known == list(FAMILIES[family].hyperparameters)


def test_an_unknown_family_fails_with_the_names_of_the_families() -> None:
    model = load_config(TEXT.replace("FAMILY", "prophet")).models["toy"]
    with pytest.raises(
        ValueError, match="'prophet' does not exist: choose one of sklearn, xgboost"
    ):
        pipeline_definition(pipeline_name="p", model_name="toy", model=model)


@pytest.mark.parametrize("family", ["sklearn", "xgboost"])
def test_image_uris_of_all_regions_are_known_without_a_network(family: str) -> None:
    registries = image_registries(family)
    assert len(registries) > 20
    uri = image_uri(family, "eu-central-1")
    assert uri.startswith(f"{registries['eu-central-1']}.dkr.ecr.eu-central-1.amazonaws.com/")


@pytest.mark.parametrize(
    ("instance_type", "has_key"),
    [("ml.m5.xlarge", True), ("ml.p3.2xlarge", True), ("ml.g4dn.xlarge", False)],
)
def test_instances_with_local_storage_get_no_volume_key(instance_type: str, has_key: bool) -> None:
    """API reference: no VolumeKmsKeyId for an instance type with local storage."""
    jobs = [
        step["Arguments"]
        for step in json.loads(_text("xgboost", instance_type))["Steps"]
        if step["Type"] in {"Processing", "Training"}
    ]
    clusters = [
        job.get("ResourceConfig") or job["ProcessingResources"]["ClusterConfig"] for job in jobs
    ]
    assert len(clusters) == 4
    assert {cluster["InstanceType"] for cluster in clusters} == {instance_type}
    assert {"VolumeKmsKeyId" in cluster for cluster in clusters} == {has_key}
    outputs = [job.get("OutputDataConfig") or job["ProcessingOutputConfig"] for job in jobs]
    assert {output["KmsKeyId"] for output in outputs} == {"{{KmsKeyArn}}"}
