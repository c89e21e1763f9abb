"""``driftloop calibrate``: what the rule would do on live traffic, from the baseline alone."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import Progress

from driftloop.calibration import calibrate
from driftloop.calibration.calibrate import Step, steps
from driftloop.cli.analyze import read_baseline
from driftloop.cli.calibrate_text import table
from driftloop.cli.places import write_bytes
from driftloop.cli.settings import get_model, read_config
from driftloop.errors import InputError
from driftloop.judge import DriftPolicy
from driftloop.report import render_calibration

_WRITTEN = (".json", ".html")


class CalibrateOptions(NamedTuple):
    """What was asked for, as it was written on the command line."""

    config: str
    model: str
    baseline: str
    rate: int
    months: int
    out: str | None


def run(request: CalibrateOptions) -> list[str]:
    """Calibrate, write it where asked; returns lines to print."""
    kind = None if request.out is None else PurePosixPath(request.out).suffix.lower()
    if kind is not None and kind not in _WRITTEN:
        raise InputError(f"{request.out}: name a file that ends in {' or '.join(_WRITTEN)}")
    model = get_model(read_config(request.config), request.model, request.config)
    baseline = read_baseline(request.baseline, model.schema_)
    policy = DriftPolicy.from_settings(model)
    with _told(steps(baseline, request.months)) as step:
        measured = calibrate(baseline, policy, rate=request.rate, months=request.months, step=step)
    found = {"model": request.model, "policy": policy.to_dict(), **measured.to_dict()}
    if request.out is not None:
        text = _json(found) if kind == ".json" else render_calibration(found)
        write_bytes(request.out, text.encode())
    return [*table(found), *([] if request.out is None else [f"written: {request.out}"])]


def _json(found: Mapping[str, Any]) -> str:
    return json.dumps(found, sort_keys=True, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


@contextmanager
def _told(total: int) -> Iterator[Step]:
    """A bar on standard error, where a person is looking."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("drawing", total=total)
        yield lambda done: progress.update(task, advance=1, description=done)
