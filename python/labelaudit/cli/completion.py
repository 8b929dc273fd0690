"""What the shell completes: the names of files where a command takes one."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem
from click.types import StringParamType

from labelaudit.cli.configuration.names import is_path


class FileName(StringParamType):
    """A text that names a file. Whether the file is there is the reader's to say, with its own exit code."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Leaves it to the shell to list files."""
        return [CompletionItem(incomplete, type="file")]


def completing(command: click.Command) -> click.Command:
    """The command with file names to complete: of options that take a path, and of arguments, which are all files."""
    for parameter in command.params:
        named = isinstance(parameter, click.Argument) or (isinstance(parameter, click.Option) and is_path(parameter))
        if named and parameter.type is click.STRING:
            parameter.type = FileName()
    return command
