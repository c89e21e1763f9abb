import io
import json
import tarfile
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from rehearsal.scenario.chapters import CHAPTERS
from rehearsal.scenario.chapters.rolled_back_release import spoil
from rehearsal.scenario.client_traffic import ClientTraffic, SentRequest
from rehearsal.scenario.expectations import ExpectationError, Expectations
from rehearsal.scenario.project import Project

NOW = datetime(2027, 1, 4, 10, 25, tzinfo=UTC)


class Runtime:
    """The account as far as traffic knows it: an endpoint that answers, and files of labels."""

    endpoint = "flights"

    def __init__(self):
        self.requests, self.files = [], {}

    def client(self, _service):
        return self

    def invoke_endpoint(self, **request):
        self.requests.append(request)
        return {"Body": io.BytesIO(b"0.5")}

    def put_labels(self, name, lines):
        self.files[name] = [json.loads(line) for line in lines]


@pytest.fixture
def runtime():
    return Runtime()


@pytest.fixture
def traffic(runtime):
    return ClientTraffic(runtime, lambda: NOW)


def test_the_scenario_has_the_chapters_a_to_j_each_with_a_title_and_a_text():
    assert "".join(chapter.letter for chapter in CHAPTERS) == "abcdefghij"
    assert len({chapter.title for chapter in CHAPTERS}) == 10
    assert all(chapter.text.endswith(".") for chapter in CHAPTERS)


def test_a_claim_that_does_not_hold_ends_the_scenario_with_what_was_seen():
    expectations = Expectations()
    expectations.chapter = "b"
    expectations.expect("all is well", True, None)
    with pytest.raises(ExpectationError, match=r"\(b\) expected: no alarm\n    seen: \['drift'\]"):
        expectations.expect("no alarm", False, ["drift"])
    assert [check.ok for check in expectations.checks] == [True, False]


def test_labels_of_a_request_come_only_after_their_delay(traffic, runtime):
    traffic.send("1,a\n2,b\n", [0, 1])
    traffic.collect_labels(timedelta(minutes=1))
    assert runtime.files == {}
    traffic.collect_labels(timedelta(0))
    [[line]] = runtime.files.values()
    assert line == {
        "groundTruthData": {"data": "0\n1", "encoding": "CSV"},
        "eventMetadata": {"eventId": runtime.requests[0]["InferenceId"]},
        "eventVersion": "0",
    }
    traffic.collect_labels(timedelta(0))
    assert len(runtime.files) == 1


def test_a_broken_labelling_job_turns_labels_upside_down(traffic, runtime):
    traffic.write_labels([SentRequest("r1", NOW, ("0", "1", "1"))], inverted=True)
    [[line]] = runtime.files.values()
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


def test_a_spoilt_archive_differs_in_its_inference_code_alone():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, body in (("model.joblib", b"m"), ("code/inference.py", b"def predict_fn(): 1")):
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    with tarfile.open(fileobj=io.BytesIO(spoil(packed.getvalue()))) as archive:
        files = {item.name: archive.extractfile(item).read() for item in archive}
    assert files["model.joblib"] == b"m"
    namespace = {}
    exec(files["code/inference.py"], namespace)  # noqa: S102 - our own code
    with pytest.raises(RuntimeError, match="feature store"):
        namespace["predict_fn"](None, None)
