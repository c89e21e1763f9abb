"""The commands; an error reaches the caller as one message on stderr and exit status 2.

A command's docstring is its help text; the function that it calls describes arguments and errors.
"""

import json
import os
import sys
from typing import Annotated

import typer

from driftloop import __version__
from driftloop.errors import DriftloopError, InputError
from driftloop.untrusted_text import visible

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="driftloop: drift detection for machine-learning models, and the command line of the"
    " retraining loop on Amazon SageMaker. Files are local paths or s3://bucket/key.",
)

ENVIRONMENT = {
    # no command multiplies large matrices: threads of OpenBLAS would only wait for work
    "OPENBLAS_NUM_THREADS": "1",
    # numpy's sort for AVX-512 takes six times as long as the one for AVX2 on AMD's Zen 4, whose
    # compressing stores are slow, and is little quicker elsewhere
    "NPY_DISABLE_CPU_FEATURES": "X86_V4",
    # else pydantic reads the metadata of every installed package, looking for plugins
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}
"""Environment variables that libraries read on import; one that is set already is kept."""

REMOVED_COMMANDS = {
    "accept-weeks": "live days are accepted by themselves, and 28 of them take the place of"
    " training days. Accept an alarm of broken data that is right with `driftloop accept`",
}
"""Commands that there are no more, with what to do instead."""

ConfigOption = Annotated[str, typer.Option("--config", metavar="FILE", help="driftloop.yaml.")]
ModelOption = Annotated[
    str, typer.Option("--model", metavar="NAME", help="A model of driftloop.yaml.")
]
BaselineOption = Annotated[
    str, typer.Option("--baseline", metavar="FILE", help="Written by `driftloop baseline`.")
]


@app.callback(invoke_without_command=True)
def options(
    show_version: Annotated[
        bool, typer.Option("--version", is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that stand before any command."""
    if show_version:
        version()
        raise typer.Exit


@app.command()
def validate(
    config: Annotated[str, typer.Argument(metavar="CONFIG", help="driftloop.yaml.")],
    region: Annotated[
        str | None,
        typer.Option(
            metavar="REGION",
            help="AWS region of the fleet, to warn of what it lacks; default: AWS_REGION.",
        ),
    ] = None,
    account: Annotated[
        bool,
        typer.Option(
            "--account",
            help="Compare with the AWS account: quotas, and stacks of models that are not in the"
            " configuration.",
        ),
    ] = False,
) -> None:
    """Check a configuration and a sample of its training data: report all errors at once, then warn
    of what is valid but risky."""
    from driftloop.cli.config_file import validate as run

    _print(run(config, region, account))


@app.command()
def schema() -> None:
    """Print the JSON Schema of driftloop.yaml, for editors."""
    from driftloop.config import Config

    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Config.model_json_schema(),
        "title": "driftloop.yaml",
    }
    _print([json.dumps(document, indent=2)])


@app.command()
def baseline(
    config: ConfigOption,
    model: ModelOption,
    data: Annotated[str, typer.Option(metavar="FILE", help="Training data, CSV or Parquet.")],
    out: Annotated[str, typer.Option(metavar="FILE", help="File to write the baseline to.")],
    prediction: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Column of the model's predictions, of rows that it was not trained on: to detect"
            " drift of predictions too, and as the reference of `driftloop performance`.",
        ),
    ] = None,
) -> None:
    """Make the baseline that live records are compared with, from training data."""
    from driftloop.cli.baseline import make_baseline

    _print(make_baseline(config, model, data, out, prediction))


@app.command()
def analyze(
    config: ConfigOption,
    model: ModelOption,
    baseline: BaselineOption,
    capture: Annotated[
        str,
        typer.Option(metavar="DIR", help="Folder of captured files, with its subfolders."),
    ],
    out: Annotated[str, typer.Option(metavar="FILE", help="File to write the report to, JSON.")],
    html: Annotated[
        str | None, typer.Option(metavar="FILE", help="File to write the report to, as a page.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="Skip records before it (ISO 8601, Z).")
    ] = None,
    end: Annotated[
        str | None, typer.Option(metavar="TIME", help="Skip records at or after it.")
    ] = None,
    variant: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Variant to analyze, where the folder holds several (shadow variants).",
        ),
    ] = None,
    history: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Reports of earlier windows, JSON: they show the start and trend of the drift."
            " Where the training data has times over four weeks, the days before decide; the counts"
            " of the window's hours are then stored beside the report, as NAME.hours.",
        ),
    ] = None,
) -> None:
    """Compare captured records with a baseline; every verdict is a success."""
    from driftloop.cli.analyze import AnalyzeOptions
    from driftloop.cli.analyze import analyze as run

    _print(
        run(
            AnalyzeOptions(
                config, model, baseline, capture, out, html, start, end, variant, history
            )
        )
    )


@app.command()
def calibrate(
    config: ConfigOption,
    model: ModelOption,
    baseline: BaselineOption,
    rate: Annotated[int, typer.Option(metavar="RECORDS", help="Records expected in a window.")],
    months: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Simulated months of 720 windows, where no training days are replayed.",
        ),
    ] = 3,
    out: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="File to write: .json, or .html with a plot."),
    ] = None,
) -> None:
    """Measure false alarms and the smallest changes that are found, from the baseline alone."""
    from driftloop.cli.calibrate import CalibrateOptions
    from driftloop.cli.calibrate import calibrate as run

    _print(run(CalibrateOptions(config, model, baseline, rate, months, out)))


@app.command()
def accept(
    config: ConfigOption,
    model: ModelOption,
    history: Annotated[
        str,
        typer.Option(
            metavar="DIR",
            help="Reports of the analyzed days: the folder of `analyze --history`, or"
            " s3://BUCKET/reports/MODEL/vVERSION.",
        ),
    ],
    column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Accept alarms of this column.")
    ] = None,
    check: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Accept this alarm: clock, order, constant, unseen, out_of_range or missing.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Accept it on days from then on, not on all days of the alarm."
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="The end of the last day that you have seen: later days are not accepted.",
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="File to write; default: where the analysis reads it."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Accept, with --until; without it alarms are only shown.")
    ] = False,
) -> None:
    """Accept an alarm of broken data: later days are compared with the days that had it."""
    from driftloop.cli.accept import AcceptOptions
    from driftloop.cli.accept import accept as run

    _print(run(AcceptOptions(config, model, history, column, check, since, until, out, yes)))


@app.command()
def performance(
    config: ConfigOption,
    model: ModelOption,
    baseline: BaselineOption,
    capture: Annotated[
        str,
        typer.Option(metavar="DIR", help="Folder of captured files, with its subfolders."),
    ],
    labels: Annotated[
        str,
        typer.Option(
            metavar="DIR",
            help="Folder of label files; folders yyyy/mm/dd/hh say when labels were collected.",
        ),
    ],
    out: Annotated[str, typer.Option(metavar="FILE", help="File to write the report to, JSON.")],
    html: Annotated[
        str | None, typer.Option(metavar="FILE", help="File to write the report to, as a page.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="Skip records before it (ISO 8601, Z).")
    ] = None,
    end: Annotated[
        str | None, typer.Option(metavar="TIME", help="Skip records at or after it.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Time up to which labels were collected, where later ones are missing; default:"
            " the latest time of a label or a record.",
        ),
    ] = None,
    variant: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Variant to evaluate, where the folder holds several."),
    ] = None,
) -> None:
    """Evaluate captured predictions by the labels that arrived; every verdict is a success."""
    from driftloop.cli.performance import PerformanceOptions
    from driftloop.cli.performance import performance as run

    _print(
        run(
            PerformanceOptions(
                config, model, baseline, capture, labels, out, html, start, end, as_of, variant
            )
        )
    )


@app.command()
def version() -> None:
    """Print the version."""
    _print([f"driftloop {__version__}"])


def main() -> None:
    """The entry point: exit status 0 if the command ran, 2 on bad input."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        _refuse_removed(sys.argv[1:2])
        app()
    except DriftloopError as error:
        typer.echo(f"driftloop: {visible(str(error))}", err=True)
        sys.exit(2)


def _refuse_removed(command: list[str]) -> None:
    for name in REMOVED_COMMANDS.keys() & {*command}:
        raise InputError(f"there is no {name} any more: {REMOVED_COMMANDS[name]}")


def _print(lines: list[str]) -> None:
    for line in lines:
        typer.echo(visible(line))
