"""``driftloop baseline``: training data to the baseline that live records are compared with."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from driftloop.backtest.training_baseline import fit_training_baseline
from driftloop.capture import RecordBatch, first_row_per_entity
from driftloop.cell_values import category_key
from driftloop.cli.config_file import get_model, read_config
from driftloop.column_names import describe_similar
from driftloop.config import ModelSettings
from driftloop.detection import DriftPolicy
from driftloop.detection.exclusions import excluded_features, exclusion_notes, suspected_notes
from driftloop.detection.sensitivity import daily_sensitivity
from driftloop.errors import InputError
from driftloop.performance.performance_text import reference_lines
from driftloop.performance.reference import with_reference_outcomes
from driftloop.profile import Baseline
from driftloop.quality.training_data import (
    Rows,
    check_features,
    check_prediction,
    require_no_errors,
)
from driftloop.report.sensitivity_text import clock_lines, sensitivity_lines
from driftloop.storage import read_bytes, write_bytes
from driftloop.training_table import parse_table


def make_baseline(
    config: str, model: str, data: str, out: str, prediction: str | None
) -> list[str]:
    """Fit a baseline on training data, and write it.

    Args:
        config: Path or S3 URI of driftloop.yaml.
        model: Name of the model in it.
        data: Path or S3 URI of the training data, CSV (plain or gzip) or Parquet.
        out: Path or S3 URI of the baseline to write.
        prediction: Column of the model's predictions; None for a baseline without them.
    Returns:
        Lines to print: what was written, and notes.
    Raises:
        ConfigError: driftloop.yaml is invalid.
        InputError: A file is missing or can't be read, a column is missing, or there are no rows.
    Example:
        >>> make_baseline("driftloop.yaml", "rentals", "training.csv", "rentals.baseline", None)
        ... # doctest: +SKIP
        ['rentals.baseline: baseline of 2,000 rows, 4 features, 16 KiB', ...]
    """
    settings = get_model(read_config(config), model, config)
    table = parse_table(data, read_bytes(data))
    predictions = _column(data, table, prediction, "which --prediction names")
    times = _column(data, table, settings.time_column, "which time_column names")
    try:
        batch = RecordBatch.from_columns(settings.schema_, table, predictions, times)
        found = check_features(batch, table, Rows(len(batch)))
        if prediction is not None:
            found += check_prediction(prediction, batch, predictions, Rows(len(batch)))
        data_notes = require_no_errors(found)
        rows, batch = batch, _without_repeated_entities(settings, data, table, batch)
        policy = DriftPolicy.from_settings(settings)
        baseline, note = fit_training_baseline(
            [batch], policy, settings.monitoring.window_hours, time_zone=settings.time_zone
        )
        baseline, scores = _with_outcomes(baseline, rows, table, settings)
    except InputError as error:
        raise InputError(f"{data}: {error}") from error
    notes = [*data_notes, note, *_notes(baseline, policy)]
    stored = baseline.to_bytes()
    write_bytes(out, stored)
    size = f"{len(stored) / 1024:.0f} KiB"
    written = f"{out}: baseline of {len(batch):,} rows, {len(batch.columns)} features, {size}"
    return [
        written,
        *(f"note: {note}" for note in notes),
        *scores,
        *_clock_lines(baseline),
        *sensitivity_lines(daily_sensitivity(baseline, policy, settings.monitoring.window_hours)),
    ]


def _with_outcomes(
    baseline: Baseline, batch: RecordBatch, table: Mapping[str, Any], settings: ModelSettings
) -> tuple[Baseline, list[str]]:
    """The baseline with the outcomes of rows with prediction and label, and its scores on them."""
    target = baseline.schema.target
    if batch.prediction is None or target not in table:
        return baseline, []
    labels = settings.labels
    baseline = with_reference_outcomes(
        baseline,
        [batch],
        [table[target].tolist() if hasattr(table[target], "tolist") else [*table[target]]],
        positive_class=labels.positive_class,
        decision_threshold=labels.decision_threshold,
    )
    return baseline, reference_lines(baseline)


def _clock_lines(baseline: Baseline) -> list[str]:
    layout = baseline.hourly
    return [] if layout is None else clock_lines(layout.zone, layout.clocks)


def _without_repeated_entities(
    settings: ModelSettings, data: str, table: Mapping[str, Any], batch: RecordBatch
) -> RecordBatch:
    """The rows; with an entity, one row per entity and window."""
    entity = settings.entity_
    if entity is None:
        return batch
    if entity.attribute:
        values = _column(data, table, entity.name, "which entity names")
        batch = replace(batch, entities=[*map(category_key, values)])
    return first_row_per_entity(batch, entity, settings.monitoring.window_hours)


def _column(data: str, table: Mapping[str, Any], name: str | None, purpose: str) -> Any:
    if name is None:
        return None
    if name not in table:
        similar, present = describe_similar(name, [*table]), ", ".join(table)
        hint = f" ({similar})" if similar else ""
        raise InputError(
            f"{data}: there is no column {name!r} {purpose}{hint}. There are: {present}"
        )
    return table[name]


def _notes(baseline: Baseline, policy: DriftPolicy) -> list[str]:
    notes = [
        *exclusion_notes(excluded_features(baseline, policy)),
        *suspected_notes(baseline, policy),
    ]
    if baseline.binnings.prediction is None:
        notes.append(
            "the baseline has no predictions, so drift of predictions is not detected; name their"
            " column with --prediction"
        )
    return notes
