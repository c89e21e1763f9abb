"""A release that AWS refuses for good ends; one that can't begin is superseded or given up."""

import pytest
from botocore.exceptions import ClientError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from driftloop.contract.ledger_items import (
    ChampionItem,
    CompletedReleaseItem,
    EndpointConfigItem,
    ReleaseItem,
    VersionItem,
)
from lambdas.aws.errors import is_refusal
from lambdas.release.handler import handle
from tests.lambdas.fakes import refuse
from tests.lambdas.releases import (
    alarm_names,
    change_setting,
    reconcile,
    refused,
    scalable_targets,
    statuses,
)

QUOTA = (
    "The account-level service limit 'ml.m5.large for endpoint usage' is 2 Instances, with current"
    " utilization of 2 Instances and a request delta of 2 Instances."
)
MODEL_DATA = "Could not access model data at s3://artifacts/runs/late/v2/model.tar.gz."
REFUSALS = [
    ("create_model", "ValidationException", MODEL_DATA),
    ("create_endpoint_config", "ResourceLimitExceeded", "too many endpoint configurations"),
    ("update_endpoint", "ResourceLimitExceeded", QUOTA),
    ("update_endpoint", "AccessDeniedException", "not authorized to perform UpdateEndpoint"),
]


@pytest.fixture
def refuse_call(sagemaker, monkeypatch):
    """SageMaker refuses a call for the given version; the message is AWS's own."""

    def set_refusal(call, code, message, version=2):
        original = getattr(sagemaker, call)

        def call_or_refuse(**arguments):
            if f"-v{version}-" in str(arguments):
                raise refuse(code, message, "".join(p.title() for p in call.split("_")))
            return original(**arguments)

        monkeypatch.setattr(sagemaker, call, call_or_refuse)

    return set_refusal


@pytest.fixture
def approve_in_vain(approve):
    """An approval whose release fails with an error that passes."""

    def run(*arguments, **options):
        with pytest.raises(ClientError):
            approve(*arguments, **options)

    return run


def mails(people, text="not released"):
    return [body for subject, body in people.messages if text in subject]


@pytest.mark.parametrize(("call", "code", "message"), REFUSALS)
def test_a_refused_release_ends_with_the_words_of_aws_and_leaves_nothing_over(
    serving, approve, refuse_call, sagemaker, ledger, people, bus, call, code, message
):
    configs, models = set(sagemaker.configs), set(sagemaker.models)
    refuse_call(call, code, message)
    approve(2, times=3)
    for hour in (15, 16, 17):
        reconcile(serving, f"2026-03-10T{hour}:40:00Z")

    assert statuses(ledger) == {1: "promoted", 2: "release_refused"}
    assert ledger.get(ReleaseItem) is None
    assert ledger.query(CompletedReleaseItem) == []
    assert ledger.query(EndpointConfigItem) == []
    assert ledger.get(VersionItem, 2).serving_from is None  # it is not analyzed
    assert alarm_names() == []
    assert (set(sagemaker.configs), set(sagemaker.models)) == (configs, models)
    assert scalable_targets() == [(2, 4)]
    [mail] = mails(people)
    assert message in mail
    [completed] = bus.details("Release Completed")
    assert (completed["outcome"], completed["version"]) == ("refused", 2)
    assert message in completed["reason"]


def test_after_a_refusal_other_versions_are_released_and_the_same_one_after_a_new_approval(
    approve, end, refuse_call, sagemaker, ledger, monkeypatch
):
    unlimited = sagemaker.update_endpoint
    refuse_call("update_endpoint", "ResourceLimitExceeded", QUOTA)
    approve(2)
    approve(3, time="2026-03-10T15:00:00Z")
    end(promoted=True, time="2026-03-10T15:30:00Z")
    assert statuses(ledger) == {1: "superseded", 2: "release_refused", 3: "promoted"}
    monkeypatch.setattr(sagemaker, "update_endpoint", unlimited)
    approve(2, "Rejected", time="2026-03-10T16:00:00Z")
    approve(2, time="2026-03-10T16:10:00Z")
    assert statuses(ledger)[2] == "deploying"


def test_a_rejected_version_is_not_released_when_the_quota_is_raised(
    serving, approve, sagemaker, ledger
):
    sagemaker.refusals["update_endpoint"] = "ResourceLimitExceeded"
    approve(2)
    approve(2, "Rejected", time="2026-03-10T18:00:00Z")
    sagemaker.refusals.clear()
    reconcile(serving, "2026-03-10T18:40:00Z")
    assert statuses(ledger)[2] == "rejected"
    assert len(sagemaker.named("update_endpoint")) == 1


def test_refused_settings_are_not_tried_again_and_corrected_ones_are(
    serving, event, sagemaker, ledger, people, end
):
    change_setting(instance_type="ml.g5.xlarge")
    sagemaker.refusals["update_endpoint"] = "ResourceLimitExceeded"
    for hour in (14, 15):
        handle(event("parameter", time=f"2026-03-10T{hour}:00:00Z"), None, serving)
        assert scalable_targets() == [(2, 4)]
    reconcile(serving, "2026-03-10T15:40:00Z")
    assert len(sagemaker.named("update_endpoint")) == 1
    assert ledger.get(ReleaseItem) is None
    assert alarm_names() == []
    [mail] = mails(people)
    assert "correct it in driftloop.yaml" in mail

    sagemaker.refusals.clear()
    change_setting(instance_type="ml.c5.large")
    handle(event("parameter", time="2026-03-10T16:00:00Z"), None, serving)
    end(promoted=True, time="2026-03-10T16:30:00Z")
    champion = ledger.get(ChampionItem)
    config = sagemaker.configs[champion.endpoint_config_name]
    assert config["ProductionVariants"][0]["InstanceType"] == "ml.c5.large"
    assert (champion.version, champion.failed_settings_digest) == (1, None)


def test_alarms_that_are_refused_end_the_release(serving, approve, ledger, sagemaker):
    with refused(serving.client("cloudwatch"), "put_metric_alarm", "LimitExceeded"):
        approve(2)
    assert statuses(ledger)[2] == "release_refused"
    assert sagemaker.named("update_endpoint") == []


# errors that pass


@pytest.mark.parametrize("call", ["create_model", "update_endpoint"])
@pytest.mark.parametrize("code", ["ThrottlingException", "503"])
def test_an_error_that_passes_is_tried_again(
    approve, approve_in_vain, serving, sagemaker, ledger, people, call, code
):
    sagemaker.refusals[call] = code
    approve_in_vain(2)
    assert "refused by the test" in ledger.get(ReleaseItem).last_error
    sagemaker.refusals.clear()
    reconcile(serving, "2026-03-10T14:40:00Z")
    assert ledger.get(ReleaseItem).requested_at is not None
    assert mails(people) == []


def test_an_update_that_another_invocation_has_started_is_no_refusal(
    approve_in_vain, refuse_call, serving, ledger, sagemaker
):
    message = 'Cannot update in-progress endpoint "arn:aws:sagemaker:eu-central-1:123:endpoint/x".'
    refuse_call("update_endpoint", "ValidationException", message)
    approve_in_vain(2)
    assert ledger.get(ReleaseItem).version == 2
    assert statuses(ledger)[2] == "deploying"


def test_what_botocore_tries_again_is_no_refusal():
    codes = {
        *vars(ThrottledRetryableChecker)["_THROTTLED_ERROR_CODES"],
        *vars(TransientRetryableChecker)["_TRANSIENT_ERROR_CODES"],
    }
    assert codes
    assert [code for code in codes if is_refusal(refuse(code, "", "UpdateEndpoint"))] == []
    for status in vars(TransientRetryableChecker)["_TRANSIENT_STATUS_CODES"]:
        assert not is_refusal(refuse(str(status), "", "UpdateEndpoint"))
    assert is_refusal(refuse("ResourceLimitExceeded", QUOTA, "UpdateEndpoint"))


# a release that can't begin


def test_a_rejection_supersedes_a_release_that_has_not_begun(
    approve, approve_in_vain, serving, sagemaker, ledger, people, bus
):
    sagemaker.refusals["create_model"] = "ThrottlingException"
    approve_in_vain(2)
    approve(2, "Rejected", time="2026-03-10T14:10:00Z")
    sagemaker.refusals.clear()
    reconcile(serving, "2026-03-10T14:40:00Z")
    assert sagemaker.named("update_endpoint") == []
    assert ledger.get(ReleaseItem) is None
    assert statuses(ledger)[2] == "rejected"
    assert ledger.get(VersionItem, 2).serving_from is None
    [completed] = bus.details("Release Completed")
    assert (completed["outcome"], completed["reason"]) == ("superseded", "Version 2 was rejected.")
    assert mails(people) == []


def test_a_newer_approval_supersedes_a_release_that_has_not_begun(
    approve, approve_in_vain, refuse_call, ledger, sagemaker
):
    refuse_call("create_model", "ThrottlingException", "Rate exceeded")
    approve_in_vain(2)
    approve(3, time="2026-03-10T14:10:00Z")
    assert statuses(ledger) == {1: "promoted", 2: "superseded", 3: "deploying"}
    name = ledger.get(ReleaseItem).endpoint_config_name
    assert alarm_names() == [f"{name}-5xx", f"{name}-latency"]


def test_corrected_settings_supersede_a_release_that_has_not_begun(
    approve_in_vain, serving, event, sagemaker, ledger
):
    change_setting(instance_type="ml.g5.xlarge")
    sagemaker.refusals["create_endpoint_config"] = "ThrottlingException"
    approve_in_vain(2)
    sagemaker.refusals.clear()
    change_setting()
    handle(event("parameter", time="2026-03-10T14:10:00Z"), None, serving)
    [call] = sagemaker.named("update_endpoint")
    [variant] = sagemaker.configs[call["EndpointConfigName"]]["ProductionVariants"]
    assert variant["InstanceType"] == "ml.m5.large"
    assert statuses(ledger)[2] == "deploying"


def test_a_rejection_waits_until_no_invocation_can_be_calling_update_endpoint(
    approve, approve_in_vain, serving, sagemaker, ledger
):
    """A call that failed may have had an effect: the client repeats it after a lost answer."""
    sagemaker.refusals["update_endpoint"] = "ThrottlingException"
    approve_in_vain(2)
    approve(2, "Rejected", time="2026-03-10T14:10:00Z")
    assert ledger.get(ReleaseItem).version == 2
    assert alarm_names() != []
    reconcile(serving, "2026-03-10T14:40:00Z")
    assert ledger.get(ReleaseItem) is None
    assert alarm_names() == []
    assert len(sagemaker.named("update_endpoint")) == 1


def test_a_release_that_can_not_begin_is_given_up_after_six_hours(
    approve_in_vain, serving, sagemaker, ledger, people
):
    sagemaker.refusals["create_model"] = "ThrottlingException"
    approve_in_vain(2)
    for hour in range(15, 20):
        with pytest.raises(ClientError):
            reconcile(serving, f"2026-03-10T{hour}:40:00Z")
    for hour in (20, 21):
        reconcile(serving, f"2026-03-10T{hour}:40:00Z")
    assert statuses(ledger)[2] == "release_refused"
    assert ledger.get(ReleaseItem) is None
    [mail] = mails(people)
    assert "could not be updated within 6 hours" in mail
    assert "ThrottlingException" in mail


def test_an_invocation_that_was_overtaken_does_not_end_the_release_of_another_one(
    approve, sagemaker, ledger, monkeypatch
):
    """While AWS refuses its call, another invocation calls UpdateEndpoint with success."""
    original = sagemaker.update_endpoint

    def overtaken(**arguments):
        monkeypatch.setattr(sagemaker, "update_endpoint", original)
        approve(2, time="2026-03-10T14:01:00Z")
        raise refuse("ResourceLimitExceeded", QUOTA, "UpdateEndpoint")

    monkeypatch.setattr(sagemaker, "update_endpoint", overtaken)
    approve(2)
    assert ledger.get(ReleaseItem).requested_at is not None
    assert statuses(ledger)[2] == "deploying"
    assert len(alarm_names()) == 2
