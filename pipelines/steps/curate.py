"""Curate: selects the training rows and the evaluation rows, and reports which rows it dropped.

The first execution uses the configured training data alone. Later executions use captured requests,
joined with their ground truth; the training data is added where ``include_training_data`` is set.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pandas as pd

from driftloop.capture import RecordBatch
from driftloop.contract.pipeline_reports import (
    CURATION_FILE,
    CapturedCounts,
    CuratedRows,
    CurationReport,
    LabelFileCounts,
    encode_report,
)
from driftloop.contract.training_sources import TrainingSources
from driftloop.errors import InputError
from driftloop.labels.join import NO_LABEL
from driftloop.metadata_text import NONE
from driftloop.quality.training_data import Rows, check_features, require_no_errors
from driftloop.quality.training_data.labels import MIN_ROWS, check_split
from driftloop.retraining.pipeline_parameters import parse_excluded_windows
from driftloop.s3_uri import parse_s3_uri
from driftloop.schema import Schema
from driftloop.untrusted_text import quoted_value
from driftloop.window import Window, format_time, parse_time
from pipelines.steps.capture_sources import load_training_sources
from pipelines.steps.golden_set import drop_golden_rows, load_or_create_golden_set
from pipelines.steps.holdout_split import split
from pipelines.steps.labeled_records import LabeledRecords, read_labeled_records
from pipelines.steps.omitted_records import UNUSABLE_LABEL, OmittedRecords
from pipelines.steps.s3 import get
from pipelines.steps.step_environment import (
    StepPaths,
    StepSettings,
    argument_parser,
    read_settings,
    run_step,
)
from pipelines.steps.tables import (
    TIME,
    TrainingData,
    list_classes,
    read_training_data,
    write_table,
    write_times,
)
from pipelines.steps.version_schema import UnusableBaselineError, map_columns, read_schema


def main(arguments: Sequence[str]) -> None:
    """Run the step with the container's arguments."""
    parser = argument_parser(__doc__)
    for name in ("capture-bucket", "ground-truth-bucket", "artifacts-bucket"):
        parser.add_argument(f"--{name}", required=True)
    for name in (
        *("data-from", "data-to", "excluded-windows", "training-sources"),
        *("champion-version", "champion-model-data"),
    ):
        parser.add_argument(f"--{name}", default=NONE)
    options = parser.parse_args(arguments)
    run_step(options.root, lambda: curate(options, boto3.client("s3")))


def curate(options: argparse.Namespace, s3: Any) -> None:
    """Write the outputs train, holdout, golden, champion and curation; raises InputError."""
    paths, settings = StepPaths(options.root), read_settings(options.settings)
    read = read_training_data(paths.input("training_data"), settings.schema, settings.time_column)
    training_data = read.table
    if settings.include_training_data or options.data_from == options.data_to == NONE:
        _check_features(read, settings.schema)
    golden = load_or_create_golden_set(
        s3, options.artifacts_bucket, settings, training_data, paths.output("golden")
    )
    sources = _load_sources(options, s3, settings)
    labeled = _read_labeled_records(options, s3, settings, sources) if sources else None
    omitted = _omitted_rows(read, settings) if labeled is None else labeled.omitted
    omitted.check(settings)
    candidates = _select_rows(training_data, labeled, settings)
    rows = drop_golden_rows(candidates, golden, settings)
    training, holdout = split(rows, settings.schema, settings.holdout_share, settings.model)
    _check_row_counts(training, holdout, omitted)
    classes = list_classes(settings.schema, pd.concat([training, holdout, golden]))
    _check_classes(training, holdout, settings.schema, classes)
    for name, table in (("train", training), ("holdout", holdout)):
        write_table(table, paths.output(name) / f"{name}.csv", settings.schema)
        _write_schema(paths.output(name), settings.schema, classes)
    write_times([training, holdout], paths.output("train") / "times.csv")
    write_times([holdout], paths.output("holdout") / "times.csv")
    _copy_champion(options, s3, settings, sources, paths.output("champion"))
    report = CurationReport(
        training_data_range=_time_range(training),
        rows=CuratedRows(train=len(training), holdout=len(holdout), golden=len(golden)),
        dropped={"in_golden_set": len(candidates) - len(rows), **omitted.dropped},
        omitted_data=omitted.sentence,
        captured=_captured_counts(labeled) if labeled else None,
        labels=_label_file_counts(labeled) if labeled else None,
    )
    (paths.output("curation") / CURATION_FILE).write_bytes(encode_report(report))


def _load_sources(
    options: argparse.Namespace, s3: Any, settings: StepSettings
) -> TrainingSources | None:
    """What the gate recorded for this execution; None for an initial training."""
    if options.data_from == options.data_to == NONE:
        return None
    period = _parse_period(options.data_from, options.data_to)
    return load_training_sources(s3, options.training_sources, model=settings.model, period=period)


def _read_labeled_records(
    options: argparse.Namespace, s3: Any, settings: StepSettings, sources: TrainingSources
) -> LabeledRecords:
    return read_labeled_records(
        s3,
        settings,
        sources=sources,
        capture_bucket=options.capture_bucket,
        ground_truth_bucket=options.ground_truth_bucket,
        excluded=parse_excluded_windows(options.excluded_windows),
    )


def _parse_period(start: str, end: str) -> Window:
    try:
        return Window(parse_time(start), parse_time(end))
    except ValueError as error:
        raise InputError(
            f"TrainingDataStart {start!r}, TrainingDataEnd {end!r}: {error}"
        ) from error


def _select_rows(
    training_data: pd.DataFrame, labeled: LabeledRecords | None, settings: StepSettings
) -> pd.DataFrame:
    if labeled is None:
        return training_data
    if not settings.include_training_data:
        return labeled.table
    # Without a time, training data is never held out: the holdout is the newest captured rows.
    timeless = training_data.assign(**{TIME: float("nan")})
    return pd.concat([timeless, labeled.table], ignore_index=True)


def _omitted_rows(read: TrainingData, settings: StepSettings) -> OmittedRecords:
    """The rows of ``training_data`` that are not used, for want of a label."""
    unusable = read.rows - len(read.table) - read.unlabeled
    dropped = {NO_LABEL: read.unlabeled, UNUSABLE_LABEL: unusable}
    details = []
    if unusable:
        example = quoted_value(str(read.unusable_label))
        details.append(f"{settings.schema.target} is not a number in these rows, as in {example}")
    counts = {reason: count for reason, count in dropped.items() if count}
    return OmittedRecords("training_data", read.rows, counts, details)


def _check_features(read: TrainingData, schema: Schema) -> None:
    """Raise InputError where a feature can't be read as its kind, and print what else is found."""
    if not read.rows:
        return
    batch = RecordBatch.from_columns(schema, read.cells)
    found = check_features(batch, read.cells, Rows(read.rows))
    for message in require_no_errors(found):
        print(f"training_data: {message}")


def _check_row_counts(
    training: pd.DataFrame, holdout: pd.DataFrame, omitted: OmittedRecords
) -> None:
    if len(training) >= MIN_ROWS and len(holdout) >= MIN_ROWS:
        return
    raise InputError(
        f"{len(training)} training rows and {len(holdout)} holdout rows from {omitted.source}: at"
        f" least {MIN_ROWS} of each are required. {omitted.account}"
    )


def _check_classes(
    training: pd.DataFrame, holdout: pd.DataFrame, schema: Schema, classes: list[str]
) -> None:
    """Raise InputError where a model can't learn to distinguish classes, or can't be evaluated.

    The holdout is the newest rows, so that a class can be absent from either.
    """
    if classes:
        found = check_split(
            schema, training[schema.target].tolist(), holdout[schema.target].tolist()
        )
        for message in require_no_errors(found):
            print(message)


def _write_schema(folder: Path, schema: Schema, classes: list[str]) -> None:
    """Write ``schema.json``, the description of ``train.csv`` that the families' train.py reads."""
    content = {
        "features": {feature.name: str(feature.kind) for feature in schema.features},
        "target": schema.target,
        "problem": str(schema.problem_type),
        "classes": classes,
        "request_columns": list(schema.request_columns),
        "keep_na_texts": list(schema.keep_na_texts),
    }
    (folder / "schema.json").write_text(json.dumps(content), encoding="utf-8")


def _copy_champion(
    options: argparse.Namespace,
    s3: Any,
    settings: StepSettings,
    sources: TrainingSources | None,
    folder: Path,
) -> None:
    """Copy the champion's model archive to the output, because later steps have no network."""
    uri = sources.champion_baseline_uri if sources else None
    champion = {"version": options.champion_version, **_champion_columns(s3, settings, uri)}
    (folder / "champion.json").write_text(json.dumps(champion) + "\n", encoding="utf-8")
    if options.champion_model_data == NONE:
        return
    archive = get(s3, *parse_s3_uri(options.champion_model_data))
    if archive is None:
        raise InputError(f"the champion's model {options.champion_model_data} does not exist")
    (folder / "model.tar.gz").write_bytes(archive)


def _champion_columns(s3: Any, settings: StepSettings, uri: str | None) -> dict[str, list[str]]:
    """The columns that the champion is sent, and its features that driftloop.yaml lacks.

    Neither is known without its baseline: Evaluate sends the columns of driftloop.yaml then.
    """
    if uri is None:
        return {}
    try:
        own = read_schema(s3, uri)
    except UnusableBaselineError as error:
        print(f"the champion is sent the columns of driftloop.yaml: {error}")
        return {}
    removed = map_columns(own, settings.schema).removed
    return {"columns": list(own.columns), "removed_features": list(removed)}


def _captured_counts(labeled: LabeledRecords) -> CapturedCounts:
    counts = labeled.captured.line_counts
    return CapturedCounts(
        versions=labeled.captured.versions,
        objects=sum(len(version.keys) for version in labeled.listing.versions),
        ignored_objects=_sorted(labeled.listing.ignored),
        rolled_back_versions=labeled.listing.rolled_back_versions,
        lines_read=counts.read,
        lines_used=counts.used,
        lines_skipped=_sorted(counts.skipped),
        lines_rejected=_sorted(counts.rejected),
        records=counts.records,
        missing_predictions=counts.missing_predictions,
        missing_columns=_sorted(counts.missing_columns),
        extra_columns=_sorted(counts.extra_columns),
    )


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return {str(name): counts[name] for name in sorted(counts)}


def _label_file_counts(labeled: LabeledRecords) -> LabelFileCounts:
    ground_truth = labeled.ground_truth
    return LabelFileCounts(
        lines=ground_truth.lines,
        requests=len(ground_truth.labels),
        replaced=ground_truth.replaced,
        unreadable=ground_truth.unreadable,
    )


def _time_range(training: pd.DataFrame) -> str:
    times = training[TIME].dropna()
    if times.empty:
        return "training data"
    first, last = (
        format_time(datetime.fromtimestamp(int(seconds), UTC))
        for seconds in (times.min(), times.max())
    )
    return f"{first}/{last}"
