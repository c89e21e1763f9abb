"""The answer to a request of CloudFormation, within its limits."""

from typing import Any, Literal, Protocol, Self

import msgspec
import urllib3

from driftloop.contract.registry_resource import CustomResourceRequest, RegistryAttributes

_MAX_REASON_BYTES = 1500
"""Of CloudFormation's limit of 4,096 for a response: leaves space for the identifiers, even if JSON
escapes every character of the reason."""

_RETRIES = urllib3.Retry(
    total=4, backoff_factor=1.0, status_forcelist=(500, 502, 503, 504), allowed_methods=None
)


class HttpClient(Protocol):
    """The part of urllib3's PoolManager that sends the answer."""

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes,
        headers: dict[str, str],
        retries: urllib3.Retry,
        timeout: urllib3.Timeout,
    ) -> Any:
        """Send one request and return the response."""


class Reply(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    """CloudFormation's response object; the identifiers are those of the request."""

    status: Literal["SUCCESS", "FAILED"]
    stack_id: str
    request_id: str
    logical_resource_id: str
    physical_resource_id: str
    reason: str = ""
    data: dict[str, Any] = {}

    @classmethod
    def success(
        cls, request: CustomResourceRequest, physical_id: str, attributes: RegistryAttributes
    ) -> Self:
        """The request was carried out; ``attributes`` are the values of ``Fn::GetAtt``."""
        return cls._answer(
            request, "SUCCESS", physical_id, data=dict(msgspec.to_builtins(attributes))
        )

    @classmethod
    def failure(cls, request: CustomResourceRequest, reason: str) -> Self:
        """The request failed; CloudFormation shows the reason.

        An existing resource keeps its id. A new one gets that of the request, which CloudFormation
        sends back in a Delete request.
        """
        physical_id = request.physical_resource_id or request.request_id
        return cls._answer(request, "FAILED", physical_id, reason=_shorten(reason))

    @classmethod
    def _answer(
        cls,
        request: CustomResourceRequest,
        status: Literal["SUCCESS", "FAILED"],
        physical_id: str,
        **more: Any,
    ) -> Self:
        return cls(
            status=status,
            stack_id=request.stack_id,
            request_id=request.request_id,
            logical_resource_id=request.logical_resource_id,
            physical_resource_id=physical_id,
            **more,
        )


def send(http: HttpClient, url: str, reply: Reply) -> None:
    """Put the answer to the pre-signed URL; raises RuntimeError if S3 does not accept it.

    The header is empty because the URL's signature covers an empty content type.
    """
    response = http.request(
        "PUT",
        url,
        body=msgspec.json.encode(reply),
        headers={"Content-Type": ""},
        retries=_RETRIES,
        timeout=urllib3.Timeout(connect=5.0, read=20.0),
    )
    if response.status >= 400:
        raise RuntimeError(
            f"CloudFormation did not accept the answer to {reply.request_id}: HTTP"
            f" {response.status} {response.data[:300]!r}"
        )


def _shorten(reason: str) -> str:
    """One line that fits into a response."""
    line = " ".join(reason.split())
    return line.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")
