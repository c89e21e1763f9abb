"""The emulator's process: ``python -m rehearsal.server``, started by rehearsal.emulator_client.

It listens on loopback only: on one port with TLS, and on one without for requests that the policies
must deny. It ends when its standard input closes, which happens however the
process that started it ends.
"""

import argparse
import asyncio
import logging
import ssl
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from rehearsal.control_api import ControlApi
from rehearsal.emulator import Emulator
from rehearsal.ministack import application
from rehearsal.tls import MINIMUM_TLS_VERSION, TlsFiles

MAX_TLS_SHUTDOWN_SECONDS = 1.0

log = logging.getLogger(__name__)


def main() -> None:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--insecure-port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--start", type=datetime.fromisoformat, required=True)
    options = parser.parse_args()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
    for logger in ("botocore", "urllib3", "hypercorn.access"):
        logging.getLogger(logger).setLevel(logging.WARNING)
    tls = TlsFiles(options.folder / "tls")
    application.configure(options.port, tls)
    emulator = Emulator(
        start=options.start,
        folder=options.folder,
        endpoint_url=f"https://127.0.0.1:{options.port}",
        ca_bundle=tls.authority,
    )
    emulator.install()
    config = _server_config(options.port, options.insecure_port, tls)
    try:
        with asyncio.Runner(loop_factory=_EventLoop) as runner:
            runner.run(_serve(ControlApi(emulator, application.create_application()), config))
    finally:
        emulator.close()


def _server_config(port: int, insecure_port: int, tls: TlsFiles) -> Config:
    config = _TlsConfig()
    config.bind = [f"127.0.0.1:{port}"]
    config.insecure_bind = [f"127.0.0.1:{insecure_port}"]
    config.certfile, config.keyfile = str(tls.certificate), str(tls.key)
    config.keep_alive_timeout = 75
    config.accesslog = None
    config.include_date_header = False  # its time would be the wall clock's
    config.graceful_timeout = 1
    return config


class _TlsConfig(Config):
    """Hypercorn's configuration with one TLS version, and HTTP/1.1 alone as AWS's APIs have."""

    def create_ssl_context(self) -> ssl.SSLContext | None:
        context = super().create_ssl_context()
        if context is not None:
            context.minimum_version = MINIMUM_TLS_VERSION
        return context


class _EventLoop(asyncio.SelectorEventLoop):
    """Does not wait for clients that end a connection without TLS's closing message."""

    async def create_server(self, *arguments: Any, **options: Any) -> asyncio.Server:
        timeout = MAX_TLS_SHUTDOWN_SECONDS if options.get("ssl") else None
        return await super().create_server(*arguments, ssl_shutdown_timeout=timeout, **options)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), TimeoutError):
            super().call_exception_handler(context)


async def _serve(control_api: ControlApi, config: Config) -> None:
    loop = asyncio.get_running_loop()
    shutdown = asyncio.Event()
    threading.Thread(target=_wait_for_end, args=(loop, shutdown), daemon=True).start()
    await serve(control_api, config, shutdown_trigger=shutdown.wait)


def _wait_for_end(loop: asyncio.AbstractEventLoop, shutdown: asyncio.Event) -> None:
    sys.stdin.read()
    log.info("standard input is closed: shutting down")
    loop.call_soon_threadsafe(shutdown.set)


if __name__ == "__main__":
    main()
