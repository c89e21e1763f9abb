"""An emulated SageMaker with fakes around it, called in the wire format of boto3."""

import io
import json
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

from rehearsal.sagemaker import SageMaker
from rehearsal.sagemaker.request_validation import operation_model
from rehearsal.simulated_clock import SimulatedClock

START = datetime(2026, 4, 18, 0, 21, 48, tzinfo=UTC)
ROLE = "arn:aws:iam::000000000000:role/endpoint"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312"
SERVING_ENVIRONMENT = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
}
ECHO = """
import json

def model_fn(model_dir):
    return open(model_dir + "/weight.txt").read().strip()

def input_fn(body, content_type):
    if content_type.startswith("text/csv"):
        return [line.split(",") for line in body.splitlines()]
    return json.loads(body)["instances"]

def predict_fn(rows, weight):
    if weight == "broken":
        raise RuntimeError("this model fails every request")
    return [float(row[0]) * float(weight) for row in rows]

def output_fn(prediction, accept):
    if accept == "text/csv":
        return "\\n".join(str(value) for value in prediction) + "\\n", "text/csv"
    return json.dumps({"predictions": prediction}), "application/json"
"""


class FakeStore:
    """Objects in memory, with the keys that encrypt them."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.keys: dict[str, str | None] = {}

    def get(self, uri: str) -> bytes:
        if uri not in self.objects:
            raise FileNotFoundError(f"there is no object {uri}")
        return self.objects[uri]

    def put(self, uri: str, body: bytes, *, kms_key: str | None = None) -> None:
        self.objects[uri] = body
        self.keys[uri] = kms_key

    def list(self, uri: str) -> list[str]:
        return sorted(name for name in self.objects if name.startswith(uri))


class FakeAlarms:
    """Alarm states by name."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {"new-5xx": "INSUFFICIENT_DATA"}

    def state(self, name: str) -> str:
        return self.states[name]


class FakeMetrics:
    """All data points."""

    def __init__(self) -> None:
        self.points: list[tuple[str, dict[str, str], float, datetime]] = []

    def put(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        value: float,
        unit: str,
        timestamp: datetime,
    ) -> None:
        assert namespace == "AWS/SageMaker"
        assert unit == ("Microseconds" if name.endswith("Latency") else "None")
        self.points.append((name, dict(dimensions), value, timestamp))

    def total(self, name: str, **dimensions: str) -> float:
        return sum(
            value for metric, at, value, _ in self.points if (metric, at) == (name, dimensions)
        )


class EmulatedSageMaker:
    """The emulated SageMaker and its surroundings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SimulatedClock(START)
        self.store = FakeStore()
        self.alarms = FakeAlarms()
        self.metrics = FakeMetrics()
        self.events: list[tuple[str, dict[str, Any], tuple[str, ...]]] = []
        self.scalable: set[str] = set()
        self.invoked: list[tuple[str, dict[str, Any]]] = []
        self.function_result: dict[str, Any] = {"body": {}}
        self.sagemaker = SageMaker(
            self.clock,
            self._emit,
            self.alarms,
            self.metrics,
            self.store,
            folder=folder,
            environment={"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test"},
            is_scalable=lambda resource: resource in self.scalable,
            invoke_function=self._invoke,
        )

    def _emit(
        self, source: str, detail_type: str, detail: dict[str, object], resources: Sequence[str]
    ) -> None:
        assert source == "aws.sagemaker"
        self.events.append((detail_type, json.loads(json.dumps(detail)), tuple(resources)))

    def _invoke(self, arn: str, event: dict[str, Any]) -> dict[str, Any]:
        self.invoked.append((arn, event))
        return self.function_result

    def call(self, api: str, **arguments: Any) -> dict[str, Any]:
        """Call an API as boto3 does; botocore checks the response against the service model."""
        model = operation_model(api)
        wire = create_serializer("json").serialize_to_request(arguments, model)
        response_body = self.sagemaker.handle(
            wire["headers"]["X-Amz-Target"], json.loads(wire["body"])
        )
        if model.output_shape is None:
            assert response_body == {}
            return {}
        response = {"status_code": 200, "headers": {}, "body": json.dumps(response_body).encode()}
        parsed = create_parser("json").parse(response, model.output_shape)
        parsed.pop("ResponseMetadata")
        report = ParamValidator().validate(parsed, model.output_shape)
        assert not report.has_errors(), report.generate_report()
        unknown = response_body.keys() - model.output_shape.members.keys()
        assert not unknown, (
            f"the response of {api} has members that SageMaker doesn't have: {unknown}"
        )
        return dict(parsed)

    def advance(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))

    def details(self, detail_type: str) -> list[dict[str, Any]]:
        return [detail for kind, detail, _ in self.events if kind == detail_type]

    def model(
        self, name: str, *, weight: str = "2", script: str = ECHO, **environment: str
    ) -> None:
        """Create a model whose prediction is the first feature times ``weight``."""
        uri = f"s3://artifacts/{name}/model.tar.gz"
        self.store.put(uri, tarball({"code/inference.py": script, "weight.txt": weight}))
        variables = SERVING_ENVIRONMENT | environment
        container = {"Image": IMAGE, "ModelDataUrl": uri, "Environment": variables}
        self.call("CreateModel", ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)

    def config(self, name: str, model: str, *, instances: int = 2, **more: Any) -> None:
        variant = {
            "VariantName": "AllTraffic",
            "ModelName": model,
            "InstanceType": more.pop("instance_type", "ml.m5.large"),
            "InitialInstanceCount": instances,
            "InitialVariantWeight": 1.0,
        }
        self.call(
            "CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=[variant], **more
        )

    def endpoint(self, config: str) -> None:
        """Create an endpoint named ``flights`` and wait until it is in service."""
        self.call("CreateEndpoint", EndpointName="flights", EndpointConfigName=config)
        self.sagemaker.wait_for_endpoint("flights", 60)

    def describe(self) -> dict[str, Any]:
        return self.call("DescribeEndpoint", EndpointName="flights")

    def invoke(
        self,
        body: bytes = b"3,x\n",
        content_type: str = "text/csv",
        accept: str = "text/csv",
        **more: str,
    ) -> tuple[int, dict[str, str], bytes]:
        headers = {"Content-Type": content_type, "Accept": accept}
        headers |= {key.replace("_", "-"): value for key, value in more.items()}
        return self.sagemaker.invoke_endpoint("flights", body, headers)

    def finish(self, arn: str, seconds: float = 120) -> dict[str, Any]:
        """Wait (in real time) for the end of a pipeline execution; return its description."""
        deadline = time.monotonic() + seconds
        while arn in self.sagemaker.work_in_progress():
            assert time.monotonic() < deadline, f"{arn} did not end within {seconds} seconds"
            time.sleep(0.02)
        return self.call("DescribePipelineExecution", PipelineExecutionArn=arn)


def tarball(files: Mapping[str, str]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return raw.getvalue()


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[EmulatedSageMaker]:
    emulator = EmulatedSageMaker(tmp_path)
    yield emulator
    emulator.sagemaker.close()


@pytest.fixture
def new_emulator() -> type[EmulatedSageMaker]:
    return EmulatedSageMaker


class Packed:
    """Packs tarballs; ``echo`` is a script that multiplies the first feature."""

    echo = ECHO
    environment = SERVING_ENVIRONMENT

    def __call__(self, files: Mapping[str, str]) -> bytes:
        return tarball(files)


@pytest.fixture
def packed() -> Packed:
    return Packed()
