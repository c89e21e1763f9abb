"""``driftloop baseline``: training data to the reference that live records are compared with."""

from driftloop.capture import batch_from_columns
from driftloop.cli.places import write_bytes
from driftloop.cli.settings import model_named, read_config
from driftloop.cli.tables import read_table
from driftloop.errors import InputError
from driftloop.profile import fit_baseline


def make_baseline(
    config_place: str, model_name: str, data: str, out: str, prediction: str | None
) -> list[str]:
    """Write the baseline to ``out``; returns lines to print."""
    model = model_named(read_config(config_place), model_name, config_place)
    table = read_table(data)
    if prediction is not None and prediction not in table:
        raise InputError(f"{data}: there is no column {prediction!r} to take predictions from")
    try:
        predicted = None if prediction is None else table[prediction]
        batch = batch_from_columns(model.schema_, table, predicted)
        baseline = fit_baseline(batch)
    except InputError as error:
        raise InputError(f"{data}: {error}") from error
    stored = baseline.to_bytes()
    write_bytes(out, stored)
    size = f"{len(stored) / 1024:.0f} KiB"
    return [f"{out}: baseline of {len(batch):,} rows, {len(batch.columns)} features, {size}"]
