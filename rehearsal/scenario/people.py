"""The people of the scenario: each is an IAM role with what docs/security.md says that it needs."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import boto3
from botocore.config import Config as ClientConfig

from driftloop.contract.resource_names import EVENT_SOURCE, ResourceNames
from rehearsal.emulator_client import EmulatorClient
from rehearsal.ministack.names import ACCOUNT, REGION

Statement = dict[str, Any]
Credentials = Mapping[str, str]
"""Credentials of a session, by the names of environment variables."""


class Person(StrEnum):
    """Who makes a request."""

    ADMINISTRATOR = "administrator"
    """Bootstraps the account, looks at everything, and damages it on purpose."""

    DEPLOYER = "deployer"
    """Deploys through the roles that the CDK's bootstrap stack made."""

    APPROVER = "approver"
    """Approves versions and requests retrainings."""

    CLIENT = "client"
    """Invokes the endpoint."""

    LABELER = "labeler"
    """Writes the labels of the predictions."""


class People:
    """Creates the roles, and gives credentials of a session of each."""

    def __init__(self, emulator: EmulatorClient, names: ResourceNames, model: str) -> None:
        self._emulator = emulator
        self._statements = statements(names, model)
        self._credentials: dict[Person, Credentials] = {}
        self._create_roles()

    def credentials(self, person: Person) -> Credentials:
        """Return the credentials of a person's session."""
        if person not in self._credentials:
            session = self._root_client("sts").assume_role(
                RoleArn=role_arn(person), RoleSessionName="rehearsal"
            )["Credentials"]
            self._credentials[person] = {
                "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
                "AWS_SESSION_TOKEN": session["SessionToken"],
            }
        return self._credentials[person]

    def client(self, service: str, person: Person, *, endpoint_url: str = "") -> Any:
        """Return a boto3 client with a person's credentials."""
        return self._client(service, self.credentials(person), endpoint_url)

    def _create_roles(self) -> None:
        iam = self._root_client("iam")
        trust = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        for person, allowed in self._statements.items():
            name = role_name(person)
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy_document([trust]))
            document = policy_document(allowed)
            iam.put_role_policy(RoleName=name, PolicyName=person, PolicyDocument=document)

    def _root_client(self, service: str) -> Any:
        environment = self._emulator.environment()
        return self._client(service, environment, "")

    def _client(self, service: str, credentials: Credentials, endpoint_url: str) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=endpoint_url or self._emulator.url,
            verify=self._emulator.ca_bundle,
            region_name=REGION,
            aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
            config=ClientConfig(
                s3={"addressing_style": "path"}, proxies={}, retries={"max_attempts": 1}
            ),
        )


def statements(names: ResourceNames, model: str) -> dict[Person, list[Statement]]:
    """Return what each person may do.

    Source of the deployer's: CDK developer guide, "Permissions granted to the bootstrap roles": the
    CDK CLI needs to assume the roles of the bootstrap stack, and nothing else.
    """
    sagemaker = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
    events = {"StringEquals": {"events:source": EVENT_SOURCE}}
    via_s3 = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
    package = f"{sagemaker}:model-package/{names.resource(model)}/*"
    return {
        Person.ADMINISTRATOR: [_allow("*", "*")],
        Person.DEPLOYER: [_allow("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/cdk-*")],
        Person.APPROVER: [
            _allow(["sagemaker:DescribeModelPackage", "sagemaker:UpdateModelPackage"], package),
            _allow(
                "events:PutEvents",
                f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default",
                events,
            ),
        ],
        Person.CLIENT: [
            _allow("sagemaker:InvokeEndpoint", f"{sagemaker}:endpoint/{names.resource(model)}")
        ],
        Person.LABELER: [
            _allow("s3:PutObject", f"arn:aws:s3:::{names.prefix}-*groundtruth*/{model}/*"),
            _allow("kms:GenerateDataKey", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*", via_s3),
        ],
    }


def role_name(person: Person) -> str:
    """Return the name of a person's role."""
    return f"rehearsal-{person}"


def role_arn(person: Person) -> str:
    """Return the ARN of a person's role."""
    return f"arn:aws:iam::{ACCOUNT}:role/{role_name(person)}"


def policy_document(allowed: list[Statement]) -> str:
    """Return an IAM policy document."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | each for each in allowed]}
    )


def _allow(action: str | list[str], resource: str, condition: Any = None) -> Statement:
    statement: Statement = {"Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})
