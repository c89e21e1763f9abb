import io
import json
import tarfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from rehearsal.scenario.captured_files import CapturedFiles
from rehearsal.scenario.chapters import CHAPTERS
from rehearsal.scenario.chapters.rolled_back_release import break_inference_code
from rehearsal.scenario.client_traffic import ClientTraffic, SentRequest
from rehearsal.scenario.expectations import ExpectationError, Expectations, describe_seen
from rehearsal.scenario.project import Project
from tests.narrowing import not_none

NOW = datetime(2027, 1, 4, 10, 25, tzinfo=UTC)


class FakeAccount:
    """The part of the account that client traffic uses: an endpoint and files of labels."""

    endpoint = "flights"

    def __init__(self):
        self.requests, self.files, self.status = [], {}, 200

    def client(self, _service, _person):
        return self

    def invoke_endpoint(self, **request):
        self.requests.append(request)
        if self.status != 200:
            error: Any = {"Error": {"Code": "ModelError"}, "OriginalStatusCode": self.status}
            raise ClientError(error, "InvokeEndpoint")
        return {"Body": io.BytesIO(b"0.5")}

    def put_labels(self, name, lines):
        self.files[name] = [json.loads(line) for line in lines]


@pytest.fixture
def account():
    return FakeAccount()


@pytest.fixture
def traffic(account):
    return ClientTraffic(account, lambda: NOW)


def test_the_scenario_has_chapters_a_to_o_with_titles_and_texts():
    assert "".join(chapter.id for chapter in CHAPTERS) == "abcdefghijklmno"
    assert len({chapter.title for chapter in CHAPTERS}) == 15
    assert all(chapter.text.endswith(".") for chapter in CHAPTERS)


def test_the_error_of_a_failed_expectation_has_the_expected_and_the_observed_value():
    expectations = Expectations()
    expectations.chapter = "b"
    expectations.expect("the verdict is stable", True, "stable")
    message = "Chapter b failed.\n    Expected: no alarm\n    Seen: drift, data-quality"
    with pytest.raises(ExpectationError, match=message):
        expectations.expect("no alarm", False, ["drift", "data-quality"])
    assert [check.is_met for check in expectations.checks] == [True, False]


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        (["a", "b", "b"], "a, b (2 times)"),
        ([], "none"),
        (None, "none"),
        ("", "none"),
        (3, "3"),
        ("ok", "ok"),
    ],
)
def test_what_was_observed_is_described_as_text(seen, text):
    assert describe_seen(seen) == text


@pytest.mark.parametrize(("status", "refused"), [(400, 1), (500, 0), (200, 0)])
def test_a_malformed_request_is_refused_only_with_400(traffic, account, status, refused):
    account.status = status
    traffic.send_malformed()
    assert traffic.refused_requests == refused
    assert traffic.failed_requests == 0


def test_labels_of_a_request_arrive_after_their_delay(traffic, account):
    traffic.send("1,a\n2,b\n", [0, 1])
    traffic.collect_labels(timedelta(minutes=1))
    assert account.files == {}
    traffic.collect_labels(timedelta(0))
    [[line]] = account.files.values()
    assert line == {
        "groundTruthData": {"data": "0\n1", "encoding": "CSV"},
        "eventMetadata": {"eventId": account.requests[0]["InferenceId"]},
        "eventVersion": "0",
    }
    traffic.collect_labels(timedelta(0))
    assert len(account.files) == 1


def test_labels_can_be_written_inverted(traffic, account):
    traffic.write_labels([SentRequest("r1", NOW, ("0", "1", "1"))], inverted=True)
    [[line]] = account.files.values()
    assert line["groundTruthData"]["data"] == "1\n0\n0"


def test_a_project_is_the_example_with_some_settings_changed(tmp_path):
    example = tmp_path / "example" / "driftloop.yaml"
    example.parent.mkdir()
    model = {"training_data": "../data.csv", "monitoring": {"min_records": 7}}
    example.write_text(yaml.safe_dump({"environment": "e", "models": {"m": model}}))
    project = Project(example, tmp_path / "project")
    project.write({"monitoring": {"max_rejected_share": 0.5}})
    written = yaml.safe_load(project.path.read_text())
    assert written["models"]["m"] == {
        "training_data": str(tmp_path / "data.csv"),
        "monitoring": {"min_records": 7, "max_rejected_share": 0.5},
    }
    project.write({})
    assert yaml.safe_load(project.path.read_text())["models"]["m"]["monitoring"] == {
        "min_records": 7
    }


def test_a_project_keeps_changes_and_added_models(tmp_path):
    example = tmp_path / "driftloop.yaml"
    model = {"training_data": "data.csv", "serving": {"bake_minutes": 5}}
    example.write_text(yaml.safe_dump({"environment": "e", "models": {"m": model}}))
    project = Project(example, tmp_path / "project")
    project.change({"serving": {"instance_type": "ml.c5.large"}})
    project.add_model("n", "m", {"paused": True})
    project.write({"monitoring": {"min_records": 7}})
    written = yaml.safe_load(project.path.read_text())["models"]
    serving = {"bake_minutes": 5, "instance_type": "ml.c5.large"}
    assert [written[name]["serving"] for name in ("m", "n")] == [serving, serving]
    assert [written[name].get("paused") for name in ("m", "n")] == [None, True]
    project.write({})
    assert "monitoring" not in yaml.safe_load(project.path.read_text())["models"]["m"]


class FakeCaptureBucket:
    """The part of an account that captured files use, with its objects in memory."""

    model, endpoint = "arrivals", "driftloop-rehearse-arrivals"

    def __init__(self):
        self.objects = {}

    def bucket(self, _purpose):
        return "capture"

    def client(self, _service):
        return self

    def put_object(self, *, Bucket, Key, Body):  # noqa: N803
        assert Bucket == "capture"
        self.objects[Key] = Body.encode()

    def list_keys(self, _purpose, prefix):
        return [key for key in self.objects if key.startswith(prefix)]

    def read(self, _bucket, key):
        return self.objects[key]


def test_captured_files_are_written_as_data_capture_does_and_read_by_the_hour():
    """The key: SageMaker developer guide, "Data capture", the path of captured data."""
    account: Any = FakeCaptureBucket()
    payload = {"data": "1,a\n2,b\n", "encoding": "CSV"}
    line = {"captureData": {"endpointInput": payload}, "eventMetadata": {"eventId": "same"}}
    files = CapturedFiles(account, 1)
    times = [datetime(2026, 12, 5, 23, 59, 59, tzinfo=UTC), datetime(2026, 12, 6, tzinfo=UTC)]
    assert list(files.write([line, line], times)) == [(times[0], 2), (times[1], 2)]
    list(files.write([line], [datetime(2026, 12, 6, 2, tzinfo=UTC)]))
    prefix = "arrivals/v1/driftloop-rehearse-arrivals/AllTraffic/2026/12/05/23/59-59-000-"
    assert [key.startswith(prefix) for key in account.objects] == [True, False]
    hours = files.read_hours()
    assert [len(hour) for hour in hours] == [2, 1]
    metadata = [each["eventMetadata"] for hour in hours for each in hour]
    assert [each["inferenceTime"] for each in metadata] == [
        "2026-12-05T23:59:59Z",
        "2026-12-06T00:00:00Z",
        "2026-12-06T02:00:00Z",
    ]
    assert len({each["eventId"] for each in metadata}) == 3


def test_an_archive_whose_predictions_fail_differs_only_in_its_inference_code():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, body in (("model.joblib", b"m"), ("code/inference.py", b"def predict_fn(): 1")):
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    with tarfile.open(fileobj=io.BytesIO(break_inference_code(packed.getvalue()))) as archive:
        files = {item.name: not_none(archive.extractfile(item)).read() for item in archive}
    assert files["model.joblib"] == b"m"
    namespace: dict[str, Any] = {}
    exec(files["code/inference.py"], namespace)  # noqa: S102 - our own code
    with pytest.raises(RuntimeError, match="feature store"):
        namespace["predict_fn"](None, None)
