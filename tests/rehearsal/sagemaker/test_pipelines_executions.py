import json
import time

import pytest

from rehearsal.sagemaker import ServiceError

ROLE = "arn:aws:iam::000000000000:role/pipeline"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312"
STATUS = "SageMaker Model Building Pipeline Execution Status Change"
SCRIPT = """
import json, os, sys
rows = open(sys.argv[1] + "/rows.csv").read().split()
if "stop" in rows:
    import time
    time.sleep(60)
if "fail" in rows:
    print("the rows are invalid")
    sys.exit(4)
report = {"metrics": {"auc": {"value": float(rows[0])}}, "reason": sys.argv[3]}
open(sys.argv[2] + "/report.json", "w").write(json.dumps(report))
"""


def processing(**more):
    inputs = [
        ("code", "s3://artifacts/code/score.py", "/opt/ml/processing/input/code"),
        ("rows", {"Get": "Parameters.Rows"}, "/opt/ml/processing/input/rows"),
    ]
    arguments = {
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 30,
            }
        },
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/score.py"],
            "ContainerArguments": [
                "/opt/ml/processing/input/rows",
                "/opt/ml/processing/report",
                {"Get": "Parameters.Reason"},
            ],
        },
        "RoleArn": ROLE,
        "ProcessingInputs": [
            {
                "InputName": name,
                "AppManaged": False,
                "S3Input": {
                    "S3Uri": uri,
                    "LocalPath": path,
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
            for name, uri, path in inputs
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "report",
                    "S3Output": {
                        "S3Uri": {
                            "Std:Join": {
                                "On": "/",
                                "Values": [
                                    "s3://artifacts/runs",
                                    {"Get": "Execution.PipelineExecutionId"},
                                ],
                            }
                        },
                        "LocalPath": "/opt/ml/processing/report",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
    }
    files = [{"PropertyFileName": "scores", "OutputName": "report", "FilePath": "report.json"}]
    step = {"Name": "Score", "Type": "Processing", "Arguments": arguments, "PropertyFiles": files}
    return {**step, **more}


def json_get(path):
    return {
        "Std:JsonGet": {"PropertyFile": {"Get": "Steps.Score.PropertyFiles.scores"}, "Path": path}
    }


REGISTER = {
    "Name": "RegisterModel",
    "Type": "RegisterModel",
    "Arguments": {
        "ModelPackageGroupName": "flights",
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": {
            "Containers": [
                {
                    "Image": IMAGE,
                    "ModelDataUrl": {
                        "Get": "Steps.Score.ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri"
                    },
                }
            ]
        },
        "CustomerMetadataProperties": {"reason": {"Get": "Parameters.Reason"}},
    },
}
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:describe"
DESCRIBED = {"Get": "Steps.Describe.OutputParameters['summary']"}
DESCRIBE = {
    "Name": "Describe",
    "Type": "Lambda",
    "FunctionArn": FUNCTION,
    "Arguments": {
        "report": {"Get": "Steps.Score.ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri"}
    },
    "OutputParameters": [{"OutputName": "summary", "OutputType": "String"}],
}
REJECT = {
    "Name": "RejectChallenger",
    "Type": "Fail",
    "Arguments": {"ErrorMessage": {"Std:Join": {"On": " ", "Values": ["not better:", DESCRIBED]}}},
}
CONDITION = {
    "Name": "CheckImprovement",
    "Type": "Condition",
    "Arguments": {
        "Conditions": [
            {
                "Type": "GreaterThanOrEqualTo",
                "LeftValue": json_get("metrics.auc.value"),
                "RightValue": {"Get": "Parameters.Floor"},
            }
        ],
        "IfSteps": [REGISTER],
        "ElseSteps": [REJECT],
    },
}
PARAMETERS = [
    {"Name": "Rows", "Type": "String", "DefaultValue": "s3://artifacts/rows"},
    {"Name": "Reason", "Type": "String", "DefaultValue": "none"},
    {"Name": "Floor", "Type": "Float", "DefaultValue": 0.5},
]


def definition(*steps, parameters=PARAMETERS):
    # the condition is first: steps run in the order of their dependencies
    return json.dumps({"Version": "2020-12-01", "Parameters": parameters, "Steps": list(steps)})


def create(emulator, name, text):
    emulator.call(
        "CreatePipeline",
        PipelineName=name,
        ClientRequestToken="c" * 32,
        RoleArn=ROLE,
        PipelineDefinition=text,
    )


@pytest.fixture
def pipeline(emulator):
    """A pipeline whose rows have the score; starts an execution and waits for its end."""
    emulator.store.put("s3://artifacts/code/score.py", SCRIPT.encode())
    emulator.function_result = {"body": {"summary": "as good as before", "more": 1}}
    create(emulator, "flights", definition(CONDITION, DESCRIBE, processing()))

    def run(rows, *, wait=True, token="t" * 32, **parameters):
        emulator.store.put("s3://artifacts/rows/rows.csv", rows.encode())
        arn = emulator.call(
            "StartPipelineExecution",
            PipelineName="flights",
            ClientRequestToken=token,
            PipelineParameters=[{"Name": k, "Value": v} for k, v in parameters.items()],
        )["PipelineExecutionArn"]
        if wait:
            emulator.finish(arn)
        return arn

    return run


def steps(emulator, arn):
    listed = emulator.call("ListPipelineExecutionSteps", PipelineExecutionArn=arn)
    return {step["StepName"]: step for step in listed["PipelineExecutionSteps"]}


def test_a_model_with_a_high_score_is_registered_with_its_parameters(emulator, pipeline):
    arn = pipeline("0.8", Reason="drift of temp")

    done = steps(emulator, arn)
    assert emulator.finish(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert {name: step["StepStatus"] for name, step in done.items()} == {
        "Score": "Succeeded",
        "Describe": "Succeeded",
        "CheckImprovement": "Succeeded",
        "RegisterModel": "Succeeded",
    }
    assert done["CheckImprovement"]["Metadata"]["Condition"]["Outcome"] == "True"
    package = done["RegisterModel"]["Metadata"]["RegisterModel"]["Arn"]
    described = emulator.call("DescribeModelPackage", ModelPackageName=package)
    identity = arn.rpartition("/")[2]
    assert described["CustomerMetadataProperties"] == {"reason": "drift of temp"}
    container = described["InferenceSpecification"]["Containers"][0]
    assert container["ModelDataUrl"] == f"s3://artifacts/runs/{identity}"
    report = json.loads(emulator.store.get(f"s3://artifacts/runs/{identity}/report.json"))
    assert report["reason"] == "drift of temp"


def test_a_low_score_fails_the_execution_with_the_message_of_the_fail_step(emulator, pipeline):
    arn = pipeline("0.4")

    execution = emulator.finish(arn)
    rejection = steps(emulator, arn)["RejectChallenger"]
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert execution["FailureReason"] == "Step failure: One or multiple steps failed."
    assert rejection["StepStatus"] == "Failed"
    assert rejection["FailureReason"] == "not better: as good as before"
    assert rejection["Metadata"]["Fail"]["ErrorMessage"] == "not better: as good as before"


def test_the_failure_reason_of_a_script_has_the_end_of_its_log(emulator, pipeline):
    arn = pipeline("fail")

    step = steps(emulator, arn)["Score"]
    assert step["StepStatus"] == "Failed"
    assert "code 4" in step["FailureReason"]
    assert "the rows are invalid" in step["FailureReason"]
    name = step["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    job = emulator.call("DescribeProcessingJob", ProcessingJobName=name)
    assert job["ProcessingJobStatus"] == "Failed"
    assert "the rows are invalid" in job["FailureReason"]


def test_a_processing_job_without_input_data_fails(emulator, pipeline):
    arn = pipeline("0.8", Rows="s3://artifacts/nothing")

    assert (
        "no objects under s3://artifacts/nothing" in steps(emulator, arn)["Score"]["FailureReason"]
    )


def test_parameters_have_their_declared_type(emulator, pipeline):
    arn = pipeline("0.8", Floor="0.9")

    assert "RejectChallenger" in steps(emulator, arn)


def test_a_parameter_that_is_not_declared_or_of_another_type_is_an_error(emulator, pipeline):
    with pytest.raises(ServiceError, match="ValidationException: Unknown parameter 'Rowz'"):
        pipeline("0.8", Rowz="x")
    with pytest.raises(ServiceError, match="no Float"):
        pipeline("0.8", Floor="high")


def test_an_empty_value_of_a_parameter_is_an_error_as_the_service_words_it(emulator, pipeline):
    """aws/sagemaker-python-sdk#4016."""
    expected = r"ValidationException: \[string \"\" is too short \(length: 0, required minimum: 1\)"
    with pytest.raises(ServiceError, match=expected):
        pipeline("0.8", Reason="")


def test_a_parameter_without_a_value_is_an_error(emulator):
    parameters = [{"Name": "Rows", "Type": "String"}]
    text = definition({"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "stop"}})
    text = json.dumps({**json.loads(text), "Parameters": parameters})
    create(emulator, "toy", text)
    with pytest.raises(ServiceError, match="Parameter 'Rows' is undefined"):
        emulator.call("StartPipelineExecution", PipelineName="toy", ClientRequestToken="t" * 32)


def test_a_lambda_step_invokes_its_function_once_and_its_outputs_are_in_the_metadata(
    emulator, pipeline
):
    arn = pipeline("0.8")
    uri = f"s3://artifacts/runs/{arn.rpartition('/')[2]}"
    assert emulator.invoked == [(FUNCTION, {"report": uri})]
    assert steps(emulator, arn)["Describe"]["Metadata"]["Lambda"] == {
        "Arn": FUNCTION,
        "OutputParameters": [{"Name": "summary", "Value": "as good as before"}],
    }


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"error": True, "body": {"errorType": "E", "errorMessage": "replaced"}}, "E: replaced"),
        ({"body": None}, "returned no object: None"),
        ({"body": {"other": "x"}}, "returned no output summary"),
        ({"body": {"summary": 3}}, "output summary is 3, which is no String"),
        ({"body": {"summary": "x" * 1025}}, "exceeds 1024 characters"),
    ],
)
def test_a_function_that_fails_or_returns_something_else_fails_the_execution(
    emulator, pipeline, result, reason
):
    emulator.function_result = result
    arn = pipeline("0.8")
    assert emulator.finish(arn)["PipelineExecutionStatus"] == "Failed"
    assert reason in steps(emulator, arn)["Describe"]["FailureReason"]
    assert "RegisterModel" not in steps(emulator, arn)


RETRY = {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 1, "MaxAttempts": 5}


def test_a_retry_policy_as_the_guide_shows_it_is_accepted(emulator):
    create(emulator, "toy", definition(processing(RetryPolicies=[RETRY])))


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({**RETRY, "ExceptionType": "SageMaker.CAPACITY_ERROR"}, "ExceptionType"),
        ({**RETRY, "ExceptionType": ["SageMaker.JOB_CAPACITY_ERROR"]}, "ExceptionType"),
        ({**RETRY, "IntervalSeconds": 43_201}, "IntervalSeconds 43201"),
        ({**RETRY, "MaxAttempts": 21}, "MaxAttempts 21"),
        ({**RETRY, "ExpireAfterMin": 5}, "only one of"),
        ({**RETRY, "Retries": 5}, r"unknown fields \['Retries'\]"),
    ],
)
def test_a_retry_policy_beyond_the_guides_limits_is_an_error(emulator, policy, message):
    with pytest.raises(ServiceError, match=message):
        create(emulator, "toy", definition(processing(RetryPolicies=[policy])))


def test_a_lambda_step_takes_no_retry_policy(emulator):
    text = definition({**DESCRIBE, "RetryPolicies": [RETRY]}, processing())
    with pytest.raises(ServiceError, match="type Lambda takes no RetryPolicies"):
        create(emulator, "toy", text)


def test_json_get_is_refused_outside_of_conditions(emulator):
    step = {**DESCRIBE, "Arguments": {"auc": json_get("metrics.auc.value")}}
    with pytest.raises(ServiceError, match="step Describe uses Std:JsonGet"):
        create(emulator, "toy", definition(step, processing()))


def test_an_empty_default_of_a_parameter_is_an_error(emulator):
    """aws/sagemaker-python-sdk#3564."""
    empty = {"Name": "Reason", "Type": "String", "DefaultValue": ""}
    with pytest.raises(ServiceError, match="is too short"):
        create(emulator, "toy", definition(processing(), parameters=[PARAMETERS[0], empty]))


def test_a_repeated_token_starts_one_execution(emulator, pipeline):
    first = pipeline("0.8")
    repeated = pipeline("0.8")
    other = pipeline("0.8", token="u" * 32)

    assert first == repeated != other
    listed = emulator.call("ListPipelineExecutions", PipelineName="flights")
    arns = [each["PipelineExecutionArn"] for each in listed["PipelineExecutionSummaries"]]
    assert arns == [other, first]


def test_each_change_of_status_sends_an_event(emulator, pipeline):
    arn = pipeline("0.8")

    details = emulator.details(STATUS)
    assert [each["currentPipelineExecutionStatus"] for each in details] == [
        "Executing",
        "Succeeded",
    ]
    assert details[1]["previousPipelineExecutionStatus"] == "Executing"
    assert details[1]["pipelineExecutionArn"] == arn
    assert details[1]["executionStartTime"] == "2026-04-18T00:21:48Z"
    assert details[1]["executionEndTime"] == "2026-04-18T00:21:48Z"


def test_stopping_an_execution_stops_its_job(emulator, pipeline):
    arn = pipeline("stop", wait=False)
    deadline = time.monotonic() + 20
    while "Score" not in steps(emulator, arn):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    emulator.call("StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken="s" * 32)

    assert emulator.finish(arn)["PipelineExecutionStatus"] == "Stopped"
    assert steps(emulator, arn)["Score"]["StepStatus"] == "Stopped"
    with pytest.raises(ServiceError) as raised:
        emulator.call(
            "StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken="z" * 32
        )
    assert raised.value.code == "ConflictException"


def test_arguments_that_sagemaker_rejects_fail_their_step(emulator, pipeline):
    broken = processing()
    broken["Arguments"]["Color"] = "blue"
    emulator.call("UpdatePipeline", PipelineName="flights", PipelineDefinition=definition(broken))

    arn = pipeline("0.8")

    assert "Unknown parameter 'Color'" in steps(emulator, arn)["Score"]["FailureReason"]


def test_an_execution_keeps_its_definition_when_the_pipeline_is_updated(emulator, pipeline):
    arn = pipeline("0.8")
    emulator.call(
        "UpdatePipeline", PipelineName="flights", PipelineDefinition=definition(processing())
    )

    response = emulator.call("DescribePipelineDefinitionForExecution", PipelineExecutionArn=arn)
    assert response["PipelineDefinition"] == definition(CONDITION, DESCRIBE, processing())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not json", "Unable to parse"),
        ("{}", "no list of Steps"),
        (definition({"Name": "A", "Type": "Teleport", "Arguments": {}}), "Teleport"),
        (definition(processing(), processing()), "duplicate"),
        (definition(processing(DependsOn=["Unknown"])), "Unknown"),
        (definition(REGISTER), "Steps.Score"),
        (
            definition(
                processing(Name="A", DependsOn=["B"]), processing(Name="B", DependsOn=["A"])
            ),
            "each other",
        ),
    ],
)
def test_a_definition_that_can_not_run_is_an_error_when_the_pipeline_is_created(
    emulator, text, message
):
    with pytest.raises(ServiceError, match=message):
        emulator.call(
            "CreatePipeline",
            PipelineName="odd",
            ClientRequestToken="c" * 32,
            RoleArn=ROLE,
            PipelineDefinition=text,
        )


def test_a_definition_may_be_in_s3(emulator):
    emulator.store.put("s3://artifacts/definition.json", definition(processing()).encode())
    emulator.call(
        "CreatePipeline",
        PipelineName="stored",
        ClientRequestToken="c" * 32,
        RoleArn=ROLE,
        PipelineDefinitionS3Location={"Bucket": "artifacts", "ObjectKey": "definition.json"},
    )

    described = emulator.call("DescribePipeline", PipelineName="stored")
    assert described["PipelineDefinition"] == definition(processing())


def test_an_unknown_execution_is_a_resource_not_found(emulator):
    with pytest.raises(ServiceError) as raised:
        emulator.call(
            "DescribePipelineExecution",
            PipelineExecutionArn="arn:aws:sagemaker:us-east-1:000000000000:pipeline/a/execution/123456789012",
        )
    assert raised.value.code == "ResourceNotFound"
