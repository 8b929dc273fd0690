"""Values of configuration as options take them, or a refusal that says where and what was expected."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import click

from labelaudit.addresses import is_address
from labelaudit.cli.configuration.names import is_path
from labelaudit.cli.configuration.setting import Setting
from labelaudit.errors import UsageError


def value_of(setting: Setting, option: click.Option, ctx: click.Context) -> Any:
    """The value, for Click to convert as it does the command line's; raises UsageError where it would not."""
    value: Any = _of_text(str(setting.value), option, setting) if isinstance(setting.source, str) else setting.value
    if option.multiple and not isinstance(value, list):
        value = [value]
    for each in value if option.multiple else [value]:
        if not _fits(each, option, text=isinstance(setting.source, str)):
            raise _refused(setting, option, f"expected {expected(option)}, got {shown(setting.value)}")
    try:
        option.type_cast_value(ctx, value)
    except click.BadParameter as error:
        raise _refused(setting, option, error.message) from error
    if is_path(option) and setting.folder is not None:
        return [_from(setting.folder, v) for v in value] if option.multiple else _from(setting.folder, value)
    return value


def _of_text(text: str, option: click.Option, setting: Setting) -> object:
    """A variable's text: a list of a repeatable option is written as in TOML, anything else stands for itself."""
    if not option.multiple or not text.startswith("["):
        return text
    try:
        return tomllib.loads(f"list = {text}")["list"]
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _refused(setting, option, f"expected {expected(option)}, got {text}") from error


def _fits(value: object, option: click.Option, *, text: bool) -> bool:
    if option.is_flag:
        return isinstance(value, bool) or text
    if isinstance(value, bool):
        return False
    if text and isinstance(value, str):
        return True
    if isinstance(option.type, click.types.IntParamType):
        return isinstance(value, int)
    if isinstance(option.type, click.types.FloatParamType):
        return isinstance(value, int | float)
    if isinstance(option.type, click.Choice | click.Path | click.types.StringParamType):
        return isinstance(value, str)
    return isinstance(value, str | int | float)  # a type of our own, such as auto or a number


def expected(option: click.Option) -> str:
    """What a file must hold for this option, in words."""
    if option.is_flag:
        return "true or false"
    if isinstance(option.type, click.types.IntParamType):
        one, many = "a whole number", "whole numbers"
    elif isinstance(option.type, click.types.FloatParamType):
        one, many = "a number", "numbers"
    elif isinstance(option.type, click.Choice):
        one = many = "one of " + ", ".join(json.dumps(choice) for choice in option.type.choices)
    elif isinstance(option.type, click.Path | click.types.StringParamType):
        one, many = "a text in quotes", "texts in quotes"
    else:
        one = many = option.type.name.replace("|X", " or a number")
    return f"a list of {many}" if option.multiple else one


def shown(value: object) -> str:
    """The value as TOML writes it."""
    if isinstance(value, dict):
        return "a table"
    return json.dumps(value, ensure_ascii=False, default=str)


def _refused(setting: Setting, option: click.Option, why: str) -> UsageError:
    differs = isinstance(option.type, click.Choice) or isinstance(setting.value, list)  # between commands, perhaps
    shared = differs and setting.command is None and not isinstance(setting.source, str)
    hint = " What one command alone takes stands in a table of its name." if shared else ""
    return UsageError(f"{setting.told()}: {why.rstrip('.')}.{hint}")


def _from(folder: Path, value: str) -> str:
    """A path that a file names, from the working folder; -, addresses and absolute ones as they are."""
    if value in ("", "-") or is_address(value) or Path(value).is_absolute() or folder == Path.cwd():
        return value
    return os.path.relpath(folder / value)
