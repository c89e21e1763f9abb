"""Curate: the rows to train on and to judge by, vetted, with an account of what was left out.

A first run takes training_data alone. Later runs take captured requests joined with their ground
truth; training_data is added where the configuration says so.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pandas as pd

from driftloop.errors import InputError
from driftloop.schema import Schema
from driftloop.window import Window, format_time, parse_time
from pipelines.steps.golden_set import load_or_create_golden_set, without
from pipelines.steps.holdout_split import split
from pipelines.steps.labeled_records import Captured, read_captured
from pipelines.steps.s3 import get, parse_uri
from pipelines.steps.step_environment import (
    StepPaths,
    StepSettings,
    parser,
    read_settings,
    run_step,
    write_json,
)
from pipelines.steps.tables import TIME, classes_of, read_training_data, write_table, write_times

NONE = "none"
MIN_ROWS = 20
"""Rows that training and holdout need each: fewer say nothing."""


def main(words: Sequence[str]) -> None:
    """Run the step with the container's arguments."""
    options = parser(__doc__)
    for name in ("capture-bucket", "ground-truth-bucket", "artifacts-bucket"):
        options.add_argument(f"--{name}", required=True)
    for name in ("data-from", "data-to", "excluded-windows"):
        options.add_argument(f"--{name}", default="")
    for name in ("champion-version", "champion-model-data"):
        options.add_argument(f"--{name}", default=NONE)
    given = options.parse_args(words)
    run_step(given.root, lambda: curate(given, boto3.client("s3")))


def curate(given: Any, s3: Any) -> None:
    """Make the outputs train, holdout, golden, champion and curation; raises InputError."""
    folders, settings = StepPaths(given.root), read_settings(given.settings)
    known = read_training_data(
        folders.input("training_data"), settings.schema, settings.time_column
    )
    golden = load_or_create_golden_set(
        s3, given.artifacts_bucket, settings, known, folders.output("golden")
    )
    captured = _captured(given, s3, settings)
    table = _together(known, captured, settings)
    vetted = without(table, golden, settings)
    training, holdout = split(vetted, settings.schema, settings.holdout_share, settings.model)
    _check_size(training, holdout, captured)
    classes = classes_of(settings.schema, pd.concat([training, holdout, golden]))
    for name, rows in (("train", training), ("holdout", holdout)):
        write_table(rows, folders.output(name) / f"{name}.csv", settings.schema)
        _write_schema(folders.output(name), settings.schema, classes)
    write_times([training, holdout], folders.output("train") / "times.csv")
    _keep_champion(given, s3, folders.output("champion"))
    sizes = {"train": len(training), "holdout": len(holdout), "golden": len(golden)}
    account = _account(captured, sizes, in_golden_set=len(table) - len(vetted))
    write_json(folders.output("curation") / "curation.json", {"data": _span(training), **account})


def excluded(text: str) -> list[Window]:
    """The windows of ``start/end,start/end``; raises InputError on anything else."""
    try:
        pairs = [part.split("/") for part in text.split(",") if part.strip()]
        return [Window(parse_time(start), parse_time(end)) for start, end in pairs]
    except ValueError as error:
        raise InputError(f"ExcludedWindows {text!r}: write start/end,start/end: {error}") from error


def _captured(given: Any, s3: Any, settings: StepSettings) -> Captured | None:
    if not given.data_from or not given.data_to:
        return None
    return read_captured(
        s3,
        settings,
        capture_bucket=given.capture_bucket,
        truth_bucket=given.ground_truth_bucket,
        data=_range(given.data_from, given.data_to),
        excluded=excluded(given.excluded_windows),
    )


def _range(start: str, end: str) -> Window:
    try:
        return Window(parse_time(start), parse_time(end))
    except ValueError as error:
        raise InputError(f"DataFrom {start!r}, DataTo {end!r}: {error}") from error


def _together(
    known: pd.DataFrame, captured: Captured | None, settings: StepSettings
) -> pd.DataFrame:
    if captured is None:
        return known
    if not settings.include_training_data:
        return captured.table
    # Captured rows alone are held out: they are the recent ones.
    return pd.concat([known.assign(**{TIME: float("nan")}), captured.table], ignore_index=True)


def _check_size(training: pd.DataFrame, holdout: pd.DataFrame, captured: Captured | None) -> None:
    if len(training) >= MIN_ROWS and len(holdout) >= MIN_ROWS:
        return
    source = "training_data" if captured is None else "captured and labeled records"
    why = "" if captured is None else f"; left out: {captured.dropped or 'nothing'}"
    raise InputError(
        f"{len(training)} rows to train on and {len(holdout)} held out of {source}: each needs"
        f" {MIN_ROWS}{why}"
    )


def _write_schema(folder: Path, schema: Schema, classes: list[str]) -> None:
    content = {**schema.to_dict(), "classes": classes}
    (folder / "schema.json").write_text(json.dumps(content), encoding="utf-8")


def _keep_champion(given: Any, s3: Any, folder: Path) -> None:
    """Bring the champion's archive along, so that no later step needs a network."""
    write_json(folder / "champion.json", {"version": given.champion_version})
    if given.champion_model_data == NONE:
        return
    content = get(s3, *parse_uri(given.champion_model_data))
    if content is None:
        raise InputError(f"the champion's model {given.champion_model_data} does not exist")
    (folder / "model.tar.gz").write_bytes(content)


def _account(
    captured: Captured | None, sizes: dict[str, int], *, in_golden_set: int
) -> dict[str, Any]:
    dropped = {"in_golden_set": in_golden_set, **(captured.dropped if captured else {})}
    account: dict[str, Any] = {"rows": sizes, "dropped": dropped}
    if captured:
        truth = captured.truth
        account["captured"] = {"objects": captured.objects, **captured.line_counts.to_dict()}
        account["labels"] = {
            "lines": truth.lines,
            "requests": len(truth.labels),
            "replaced": truth.replaced,
            "unreadable": truth.unreadable,
        }
    return account


def _span(training: pd.DataFrame) -> str:
    times = training[TIME].dropna()
    if times.empty:
        return "training data"
    first, last = (
        format_time(datetime.fromtimestamp(int(moment), UTC))
        for moment in (times.min(), times.max())
    )
    return f"{first}/{last}"
