"""`labelaudit config`: what configuration sets, and where."""

from __future__ import annotations

import click


def _commands(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    root = ctx.find_root()
    names = root.command.list_commands(root) if isinstance(root.command, click.Group) else []
    return [name for name in names if name.startswith(incomplete)]


@click.command()
@click.argument("command", required=False, shell_complete=_commands)
@click.option(
    "-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the list [text]."
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def config(ctx: click.Context, command: str | None, form: str, debug: bool) -> None:
    """Print which options configuration sets, and where; of COMMAND, all its options with what is in force.

    Strongest last: [tool.labelaudit] in pyproject.toml, labelaudit.toml, LABELAUDIT_* variables, the command line. Both
    files are looked for in the working folder and its parents, up to the repository's root or the home.

    \b
    Examples:
      labelaudit config check
      labelaudit config -f json
    """
    from labelaudit.cli.configuration.listing import entries, render_json, render_text
    from labelaudit.cli.configuration.options import configuration
    from labelaudit.cli.talk import write_stdout

    found = configuration(ctx)
    listed = entries(found, ctx, command)
    if form == "json":
        write_stdout(render_json(found, listed), encoding="utf-8")
    else:
        write_stdout(render_text(found, listed, command))
