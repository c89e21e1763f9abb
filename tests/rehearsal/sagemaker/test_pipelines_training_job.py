import json
import tarfile
from io import BytesIO

import pytest

ROLE = "arn:aws:iam::000000000000:role/pipeline"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312"
TRAIN = """
import argparse, os, shutil
import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression

parser = argparse.ArgumentParser()
parser.add_argument("-C", type=float)
parser.add_argument("--fail", default="no")
arguments, _ = parser.parse_known_args()
if arguments.fail == "yes":
    raise ValueError("there is only one class")
rows = np.loadtxt(os.environ["SM_CHANNEL_TRAIN"] + "/rows.csv", delimiter=",")
model = LogisticRegression(C=arguments.C).fit(rows[:, 1:], rows[:, 0])
folder = os.environ["SM_MODEL_DIR"]
joblib.dump(model, folder + "/model.joblib")
os.makedirs(folder + "/code")
shutil.copy("inference.py", folder + "/code/inference.py")
"""
INFERENCE = """
import io
import joblib
import numpy as np

def model_fn(model_dir):
    return joblib.load(model_dir + "/model.joblib")

def input_fn(body, content_type):
    return np.loadtxt(io.StringIO(body), delimiter=",", ndmin=2)

def predict_fn(rows, model):
    return model.predict_proba(rows)[:, 1]

def output_fn(scores, accept):
    return "\\n".join(f"{score:.6f}" for score in scores), "text/csv"
"""


def step(**hyperparameters):
    return {
        "Name": "Train",
        "Type": "Training",
        "Arguments": {
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "RoleArn": ROLE,
            "HyperParameters": {
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": "/opt/ml/input/data/code/code.tar.gz",
                "C": "0.5",
                **hyperparameters,
            },
            "InputDataConfig": [
                {
                    "ChannelName": name,
                    "DataSource": {
                        "S3DataSource": {
                            "S3DataType": "S3Prefix",
                            "S3Uri": f"s3://artifacts/{name}",
                        }
                    },
                }
                for name in ("train", "code")
            ],
            "OutputDataConfig": {"S3OutputPath": "s3://artifacts/out", "KmsKeyId": "alias/k"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 30,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        },
    }


REGISTER = {
    "Name": "RegisterModel",
    "Type": "RegisterModel",
    "Arguments": {
        "ModelPackageGroupName": "flights",
        "ModelApprovalStatus": "Approved",
        "InferenceSpecification": {
            "Containers": [
                {
                    "Image": IMAGE,
                    "ModelDataUrl": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"},
                    "Environment": {
                        "SAGEMAKER_PROGRAM": "inference.py",
                        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                    },
                }
            ]
        },
    },
}


@pytest.fixture
def run(emulator, packed):
    """Runs a pipeline of the given steps; returns the execution and its steps by name."""
    emulator.store.put("s3://artifacts/train/rows.csv", b"0,1,2\n0,2,1\n1,8,9\n1,9,8\n")
    code = packed({"train.py": TRAIN, "inference.py": INFERENCE})
    emulator.store.put("s3://artifacts/code/code.tar.gz", code)

    def start(*steps):
        emulator.call(
            "CreatePipeline",
            PipelineName="flights",
            ClientRequestToken="c" * 32,
            RoleArn=ROLE,
            PipelineDefinition=json.dumps({"Version": "2020-12-01", "Steps": steps}),
        )
        arn = emulator.call(
            "StartPipelineExecution", PipelineName="flights", ClientRequestToken="t" * 32
        )["PipelineExecutionArn"]
        execution = emulator.finish(arn)
        listed = emulator.call("ListPipelineExecutionSteps", PipelineExecutionArn=arn)
        return execution, {each["StepName"]: each for each in listed["PipelineExecutionSteps"]}

    return start


def test_an_endpoint_serves_the_model_that_a_pipeline_trained_and_registered(emulator, run):
    execution, steps = run(step(), REGISTER)

    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    arn = steps["RegisterModel"]["Metadata"]["RegisterModel"]["Arn"]
    container = {"ModelPackageName": arn}
    emulator.call("CreateModel", ModelName="v1", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    emulator.config("config", "v1")
    emulator.endpoint("config")
    status, _, body = emulator.invoke(b"1,1\n9,9\n")
    low, high = map(float, body.split())
    assert status == 200
    assert low < 0.5 < high


def test_a_training_job_has_the_uri_of_its_model_artifact(emulator, run):
    _, steps = run(step())

    name = steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    job = emulator.call("DescribeTrainingJob", TrainingJobName=name)
    artifact = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert job["TrainingJobStatus"] == "Completed"
    assert artifact == f"s3://artifacts/out/{name}/output/model.tar.gz"
    assert emulator.store.keys[artifact] == "alias/k"
    with tarfile.open(fileobj=BytesIO(emulator.store.get(artifact))) as archive:
        assert {"model.joblib", "code/inference.py"} <= set(archive.getnames())
    listed = emulator.call("ListTrainingJobs")["TrainingJobSummaries"]
    assert [each["TrainingJobName"] for each in listed] == [name]


def test_the_failure_reason_of_a_training_job_has_the_error_of_its_script(run):
    execution, steps = run(step(fail="yes"))

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert steps["Train"]["FailureReason"].startswith("AlgorithmError")
    assert "there is only one class" in steps["Train"]["FailureReason"]


def test_a_channel_without_objects_fails_the_job(emulator, run):
    del emulator.store.objects["s3://artifacts/train/rows.csv"]

    _, steps = run(step())

    assert "No S3 objects found" in steps["Train"]["FailureReason"]
