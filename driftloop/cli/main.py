"""The commands, and how an error reaches the caller: one message on stderr, exit status 2."""

import json
import os
import sys
from typing import Annotated

import typer

from driftloop import __version__
from driftloop.errors import DriftloopError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="driftloop: the whole loop around machine-learning models on AWS."
    " Places are paths or s3://bucket/key.",
)

SETTINGS = {
    # no command multiplies large matrices: OpenBLAS's threads would only wait for work
    "OPENBLAS_NUM_THREADS": "1",
    # numpy's sort for AVX-512 takes six times as long as the one for AVX2 on AMD's Zen 4, whose
    # compressing stores are slow, and is little quicker elsewhere
    "NPY_DISABLE_CPU_FEATURES": "X86_V4",
    # else pydantic reads the description of every installed package, looking for plugins
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}
"""What libraries read when they are imported; whoever runs the command may have set another."""

ConfigOption = Annotated[str, typer.Option("--config", metavar="FILE", help="driftloop.yaml.")]
ModelOption = Annotated[str, typer.Option("--model", metavar="NAME", help="A model of the file.")]


@app.command()
def validate(
    config: Annotated[str, typer.Argument(metavar="CONFIG", help="driftloop.yaml.")],
) -> None:
    """Check a configuration: all errors at once, then what is allowed and may surprise."""
    from driftloop.cli.config_file import validate as run

    _print(run(config))


@app.command()
def schema() -> None:
    """Print the JSON Schema of driftloop.yaml, for editors."""
    from driftloop.config import Config

    described = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Config.model_json_schema(),
        "title": "driftloop.yaml",
    }
    _print([json.dumps(described, indent=2)])


@app.command()
def baseline(
    config: ConfigOption,
    model: ModelOption,
    data: Annotated[str, typer.Option(metavar="FILE", help="Training data, CSV or Parquet.")],
    out: Annotated[str, typer.Option(metavar="FILE", help="Where the baseline is written.")],
    prediction: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column of the model's predictions, to see them drift too."
        ),
    ] = None,
) -> None:
    """Make the reference that live records are compared with, from training data."""
    from driftloop.cli.baseline import make_baseline

    _print(make_baseline(config, model, data, out, prediction))


@app.command()
def analyze(
    config: ConfigOption,
    model: ModelOption,
    baseline: Annotated[str, typer.Option(metavar="FILE", help="Made by `driftloop baseline`.")],
    capture: Annotated[str, typer.Option(metavar="DIR", help="Folder of captured files.")],
    out: Annotated[str, typer.Option(metavar="FILE", help="Where the report is written, JSON.")],
    html: Annotated[
        str | None, typer.Option(metavar="FILE", help="Where the report is written as a page.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="Records before are left out (ISO 8601, Z).")
    ] = None,
    end: Annotated[
        str | None, typer.Option(metavar="TIME", help="Records from here on are left out.")
    ] = None,
    variant: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The variant to judge, where the folder holds several (shadows)."
        ),
    ] = None,
    history: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="Reports of earlier windows, JSON: they tell since when, and how."
        ),
    ] = None,
) -> None:
    """Compare captured records with a baseline; any verdict is a success."""
    from driftloop.cli.analyze import AnalyzeOptions, analyze

    request = AnalyzeOptions(
        config, model, baseline, capture, out, html, start, end, variant, history
    )
    _print(analyze(request))


@app.command()
def calibrate(
    config: ConfigOption,
    model: ModelOption,
    baseline: Annotated[str, typer.Option(metavar="FILE", help="Made by `driftloop baseline`.")],
    rate: Annotated[int, typer.Option(metavar="RECORDS", help="Records expected in a window.")],
    months: Annotated[
        int, typer.Option(metavar="N", help="Simulated months of 720 windows without drift.")
    ] = 3,
    out: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Where it is written too: .json, or .html with a plot."),
    ] = None,
) -> None:
    """Measure, from the baseline alone, false alarms and the smallest change that is caught."""
    from driftloop.cli.calibrate import CalibrateOptions, run

    _print(run(CalibrateOptions(config, model, baseline, rate, months, out)))


@app.command()
def accept(
    config: ConfigOption,
    model: ModelOption,
    version: Annotated[int, typer.Option(metavar="NUMBER", help="The version that is live.")],
    baseline: Annotated[str, typer.Option(metavar="FILE", help="The version's baseline.")],
    profiles: Annotated[
        str,
        typer.Option(metavar="DIR", help="Kept profiles: profiles/MODEL/vVERSION/, or a copy."),
    ],
    out: Annotated[
        str,
        typer.Option(
            metavar="FILE", help="Where they are written: seasonality/MODEL/vVERSION.seasonality."
        ),
    ],
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="The four weeks that end there, not the first four."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Accept; else they are only shown.")] = False,
) -> None:
    """Accept four live weeks as healthy: what is usual at each hour of the week is no drift."""
    from driftloop.cli.accept import AcceptOptions, run

    _print(run(AcceptOptions(config, model, version, baseline, profiles, out, until, yes)))


@app.command()
def version() -> None:
    """Print the version."""
    _print([f"driftloop {__version__}"])


def main() -> None:
    """The entry point: exit status 0 when the command ran, 2 on bad input."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        app()
    except DriftloopError as error:
        typer.echo(f"driftloop: {error}", err=True)
        sys.exit(2)


def _print(lines: list[str]) -> None:
    for line in lines:
        typer.echo(line)
