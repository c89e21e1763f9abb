"""What `driftloop validate --account` says about stacks and quotas."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from driftloop.cli.account_checks import check_account, low_quotas, stacks_without_model
from driftloop.config import Config, validate_config
from driftloop.errors import InputError

MODEL = {
    "problem_type": "regression",
    "features": {"age": "numeric"},
    "target": "label",
    "family": "sklearn",
    "training_data": "train.csv",
}
ENDPOINTS, TRAINING = "ml.m5.large for endpoint usage", "ml.m5.large for training job usage"


@pytest.fixture
def config() -> Config:
    return validate_config({"environment": "prod", "models": {"Churn_v2": MODEL}})


def test_only_stacks_of_the_environment_without_a_model_are_named(config: Config) -> None:
    deployed = [
        "driftloop-prod-data",
        "driftloop-prod-shared",
        "driftloop-prod-model-churn-v2",
        "driftloop-prod-model-old",
        "driftloop-stage-model-other",
        "unrelated",
    ]
    (note,) = stacks_without_model(config, deployed)
    assert "driftloop-prod-model-old is deployed" in note
    assert "aws cloudformation delete-stack --stack-name driftloop-prod-model-old" in note


@pytest.mark.parametrize(
    ("value", "expected"),
    [(8.0, None), (4.0, "autoscaling, or"), (3.0, "a release fails"), (None, None)],
)
def test_a_release_needs_twice_the_instances_of_an_endpoint(
    config: Config, value: float | None, expected: str | None
) -> None:
    """The default is 2 instances and at most 4: twice that is 4 and 8."""
    notes = low_quotas(config, {} if value is None else {ENDPOINTS: value})
    assert len(notes) == (expected is not None)
    for note in notes:
        assert note.startswith(f"the quota '{ENDPOINTS}' is {value:g}; 4 is needed, and up to 8")
        assert expected in note  # type: ignore[operator]


def test_stacks_and_quotas_are_asked_for_page_by_page(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = boto3.Session("access", "secret", region_name="eu-west-1")
    clients: dict[str, Any] = {
        name: session.client(name) for name in ("cloudformation", "service-quotas")
    }
    monkeypatch.setattr(boto3, "Session", lambda region_name: session)
    monkeypatch.setattr(session, "client", clients.__getitem__)
    stack = {"CreationTime": "2026-01-01T00:00:00Z", "StackStatus": "UPDATE_COMPLETE"}
    pages: list[dict[str, Any]] = [
        {"StackSummaries": [{"StackName": "driftloop-prod-model-old", **stack}], "NextToken": "x"},
        {"StackSummaries": [{"StackName": "driftloop-prod-model-older", **stack}]},
    ]
    with Stubber(clients["cloudformation"]) as stacks, Stubber(clients["service-quotas"]) as quotas:
        for page in pages:
            stacks.add_response("list_stacks", page)
        quota = {"QuotaName": TRAINING, "Value": 0.0}
        quotas.add_response("list_service_quotas", {"Quotas": [quota]})
        notes = check_account(config, "eu-west-1")
        stacks.assert_no_pending_responses()
    assert [note.split()[2] for note in notes] == [
        "driftloop-prod-model-old",
        "driftloop-prod-model-older",
        f"'{TRAINING.split()[0]}",
    ]


def test_a_refused_request_is_an_error_of_the_input(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = boto3.Session("access", "secret", region_name="eu-west-1")
    client = session.client("cloudformation")
    monkeypatch.setattr(boto3, "Session", lambda region_name: session)
    monkeypatch.setattr(session, "client", lambda name: client)
    with Stubber(client) as stubber:
        stubber.add_client_error("list_stacks", "AccessDenied", "not allowed")
        with pytest.raises(InputError, match=r"--account: .*AccessDenied"):
            check_account(config, None)
