"""The process of the embedded AWS: ``python -m rehearsal.server``, started by
rehearsal.emulator_client.

It listens on loopback only, and ends when its standard input closes, as it does when whoever
started it ends, however that happens.
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

from rehearsal.control_api import Control
from rehearsal.emulator import Emulator
from rehearsal.ministack import services

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
    for noisy in ("botocore", "urllib3", "hypercorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    services.configure(options.port)
    address = f"127.0.0.1:{options.port}"
    world = Emulator(start=options.start, folder=options.folder, endpoint_url=f"http://{address}")
    world.install()
    try:
        asyncio.run(_serve(Control(world, services.app()), address))
    finally:
        world.close()


async def _serve(application: Control, address: str) -> None:
    config = Config()
    config.bind = [address]
    config.keep_alive_timeout = 75
    config.accesslog = None
    config.graceful_timeout = 1
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    threading.Thread(target=_wait_for_end, args=(loop, over), daemon=True).start()
    await serve(application, config, shutdown_trigger=over.wait)


def _wait_for_end(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    sys.stdin.read()
    log.info("standard input closed: ending")
    loop.call_soon_threadsafe(over.set)


if __name__ == "__main__":
    main()
