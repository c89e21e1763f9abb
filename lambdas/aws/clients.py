"""The clients and environment variables of a function, each created when it is first used."""

import os
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config


class AwsClients:
    """A handler's access to AWS and to its environment. Tests pass their own clients by name."""

    def __init__(self, environ: Mapping[str, str] | None = None, **clients: Any) -> None:
        self._environ = os.environ if environ is None else environ
        self._clients: dict[str, Any] = dict(clients)

    def client(self, service: str) -> Any:
        """The boto3 client of a service; created once per container."""
        if service not in self._clients:
            retries = Config(retries={"mode": "standard", "max_attempts": 5})
            self._clients[service] = boto3.client(service, config=retries)  # type: ignore[call-overload]
        return self._clients[service]

    def setting(self, name: str) -> str:
        """An environment variable of the function; raises KeyError if it is not set."""
        return self._environ[name]


CLIENTS = AwsClients()
"""The clients of a deployed function, for the lifetime of its container."""
