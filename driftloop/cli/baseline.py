"""``driftloop baseline``: training data to the reference that live records are compared with."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from driftloop.backtest.adjustment_fit import with_training_seasonality
from driftloop.capture import RecordBatch, first_row_per_entity
from driftloop.cell_values import category_key
from driftloop.cli.config_file import get_model, read_config
from driftloop.cli.training_table import read_table
from driftloop.config import ModelSettings
from driftloop.detection import DriftPolicy
from driftloop.detection.exclusions import excluded_features, exclusion_notes, suspected_notes
from driftloop.errors import InputError
from driftloop.profile import Baseline, fit_baseline
from driftloop.storage import write_bytes


def make_baseline(
    config_place: str, model_name: str, data: str, out: str, prediction: str | None
) -> list[str]:
    """Write the baseline to ``out``; returns lines to print."""
    model = get_model(read_config(config_place), model_name, config_place)
    table = read_table(data)
    predicted = _column(data, table, prediction, "to take predictions from")
    times = _column(data, table, model.time_column, "which time_column names")
    try:
        batch = _batch(model, data, table, predicted, times)
        baseline = fit_baseline(batch)
    except InputError as error:
        raise InputError(f"{data}: {error}") from error
    policy, notes = DriftPolicy.from_settings(model), []
    if times is not None:
        hours = model.monitoring.window_hours
        baseline, note = with_training_seasonality(baseline, [batch], policy, hours)
        notes.append(note)
    notes += _notes(baseline, policy)
    stored = baseline.to_bytes()
    write_bytes(out, stored)
    size = f"{len(stored) / 1024:.0f} KiB"
    made = f"{out}: baseline of {len(batch):,} rows, {len(batch.columns)} features, {size}"
    return [made, *(f"note: {note}" for note in notes)]


def _batch(
    model: ModelSettings, data: str, table: Mapping[str, Any], predicted: Any, times: Any
) -> RecordBatch:
    """The rows; one per entity and window, where the model has an entity."""
    batch = RecordBatch.from_columns(model.schema_, table, predicted, times)
    entity = model.entity_
    if entity is None:
        return batch
    if entity.attribute:
        values = _column(data, table, entity.name, "which entity names")
        batch = replace(batch, entities=[*map(category_key, values)])
    return first_row_per_entity(batch, entity, model.monitoring.window_hours)


def _column(data: str, table: Mapping[str, Any], name: str | None, purpose: str) -> Any:
    if name is None:
        return None
    if name not in table:
        there = ", ".join(table)
        raise InputError(f"{data}: there is no column {name!r} {purpose}. There are: {there}")
    return table[name]


def _notes(baseline: Baseline, policy: DriftPolicy) -> list[str]:
    notes = [
        *exclusion_notes(excluded_features(baseline, policy)),
        *suspected_notes(baseline, policy),
    ]
    if baseline.binnings.prediction is None:
        notes.append(
            "the baseline has no predictions, so answers are not judged; give --prediction"
        )
    return notes
