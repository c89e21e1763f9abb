"""MiniStack's ASGI application and the settings that it reads from the environment."""

import os
from typing import Any

from rehearsal.ministack.names import ACCOUNT, REGION, import_module
from rehearsal.tls import TlsFiles


def configure(port: int, tls: TlsFiles) -> None:
    """Set the environment variables that MiniStack reads on import.

    MiniStack serves over TLS, verifies signatures and evaluates IAM policies. Call it before
    :func:`create_application`.
    """
    os.environ |= {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "AUTH": "true",
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(tls.certificate),
        "MINISTACK_SSL_KEY": str(tls.key),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }


def create_application() -> Any:
    """Return MiniStack's ASGI application with its schedulers off: they follow the wall clock."""
    for scheduler in ("services.eventbridge", "services.scheduler"):
        import_module(scheduler).start_scheduler = lambda: None
    return import_module("app").app
