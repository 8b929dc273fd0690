"""`--version`, of the group and of the commands that audit."""

from __future__ import annotations

import click


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from labelaudit import __version__, _core

    click.echo(f"labelaudit {__version__} (kernel {_core.instruction_set()}, {_torch()})")
    ctx.exit()


def _torch() -> str:
    """torch and the CUDA that it was built for, from its own version file: importing torch takes seconds."""
    import runpy
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return "no torch"
    built = runpy.run_path(str(Path(spec.origin).with_name("version.py")))
    return f"torch {built['__version__']}, {'no CUDA' if built.get('cuda') is None else 'CUDA ' + built['cuda']}"


version_option = click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Print the versions of labelaudit, its kernel, torch and CUDA.",
)
