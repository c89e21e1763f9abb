"""docs/cli.md, from the commands, their options and their help texts."""

import click
import typer
from driftloop.cli.main import app

from docs.generator.markdown import head, table

_INTRO = """\
`.venv/bin/driftloop` works on local files and on `s3://` addresses alike. It exits with 0 when it
ran, whatever the verdict, and with 2 on bad input, with a message that says what to do.
"""


def page() -> str:
    """The page's text."""
    text = head("Command line", "driftloop/cli", _INTRO)
    for name, command in sorted(commands().items()):
        text += f"\n## driftloop {name}\n\n{_help(command.help)}\n\n"
        rows = [_row(item) for item in command.params if item.name != "help"]
        text += table(["argument", "default", "meaning"], rows) if rows else ""
    return text


def commands() -> dict[str, click.Command]:
    """Every command by name."""
    group = typer.main.get_command(app)
    return dict(group.commands) if isinstance(group, click.Group) else {}


def _row(item: click.Parameter) -> list[str]:
    named = "`, `".join(item.opts) if isinstance(item, click.Option) else item.human_readable_name
    default = "required" if item.required else _default(item.default)
    return [f"`{named}`", default, _help(getattr(item, "help", None))]


def _default(value: object) -> str:
    return "" if value is None or callable(value) else f"`{value}`"


def _help(text: str | None) -> str:
    return click.unstyle(" ".join((text or "").split()))
