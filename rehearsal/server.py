"""The emulator's process: ``python -m rehearsal.server``, started by rehearsal.emulator_client.

It listens on loopback only. It ends when its standard input closes, which happens however the
process that started it ends.
"""

import argparse
import asyncio
import logging
import sys
import threading
from datetime import datetime
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config

from rehearsal.control_api import ControlApi
from rehearsal.emulator import Emulator
from rehearsal.ministack import application

log = logging.getLogger(__name__)


def main() -> None:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--start", type=datetime.fromisoformat, required=True)
    options = parser.parse_args()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
    for logger in ("botocore", "urllib3", "hypercorn.access"):
        logging.getLogger(logger).setLevel(logging.WARNING)
    application.configure(options.port)
    address = f"127.0.0.1:{options.port}"
    emulator = Emulator(
        start=options.start, folder=options.folder, endpoint_url=f"http://{address}"
    )
    emulator.install()
    try:
        asyncio.run(_serve(ControlApi(emulator, application.create_application()), address))
    finally:
        emulator.close()


async def _serve(control_api: ControlApi, address: str) -> None:
    config = Config()
    config.bind = [address]
    config.keep_alive_timeout = 75
    config.accesslog = None
    config.graceful_timeout = 1
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
