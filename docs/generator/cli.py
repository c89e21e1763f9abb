"""docs/cli.md, from the commands, their options and their help texts."""

from typing import Any

import typer
from typer.core import TyperGroup

from docs.generator.markdown import head, table
from driftloop.cli.main import app

_INTRO = """\
`driftloop` (in a checkout `.venv/bin/driftloop`) works on local files and on `s3://` URIs. It exits
with 0 after a successful run, whatever the verdict, and with 2 on bad input, with a message that
says what to do. `python -m driftloop` is the same command; `--version` prints the version.

Run the commands in this order: `baseline` on the training data, `calibrate` to see the minimum
detectable changes and the false alarms per month, `analyze` on captured files.
`accept` says that an alarm of broken data is normal.
[The flights example](../examples/flights/README.md) runs all three.
[Reading a report](report.md) explains the page.
"""


def page() -> str:
    """The page's text."""
    text = head("Command line", "driftloop/cli", _INTRO)
    for name, command in sorted(commands().items()):
        text += f"\n## driftloop {name}\n\n{_help(command.help)}\n\n"
        rows = [_row(item) for item in command.params]
        text += table(["argument", "default", "meaning"], rows) if rows else ""
    return text.rstrip("\n") + "\n"


def commands() -> dict[str, Any]:
    """Every command by name, as typer gives them to its own copy of click."""
    group = typer.main.get_command(app)
    if not isinstance(group, TyperGroup):
        raise TypeError("driftloop has one command only: describe it as such")
    return dict(group.commands)


def _row(item: Any) -> list[str]:
    is_option = item.opts[0].startswith("-")
    named = f"{item.opts[0]} {item.metavar or ''}".strip() if is_option else item.metavar
    default = "required" if item.required else _default(item.default)
    return [f"`{named}`", default, _help(item.help)]


def _default(value: object) -> str:
    return "none" if value is None else f"`{value}`"


def _help(text: str | None) -> str:
    return " ".join((text or "").split())
