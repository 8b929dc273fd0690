from __future__ import annotations

import ast
import enum
import re
from pathlib import Path

import labelaudit
from labelaudit import _core

STUB = ast.parse((Path(labelaudit.__file__).parent / "_core.pyi").read_text(encoding="utf-8"))
FUNCTIONS = {n.name: n for n in STUB.body if isinstance(n, ast.FunctionDef)}
CLASSES = {n.name: n for n in STUB.body if isinstance(n, ast.ClassDef)}


def stub_arguments(function: ast.FunctionDef) -> list[str]:
    return [a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]


def real_arguments(function: object) -> list[str]:
    """From the signature that pybind11 writes as the first line of the docstring."""
    first = str(function.__doc__).splitlines()[0]
    inside = first[first.index("(") + 1 : first.rindex(")")]
    while (flat := re.sub(r"\[[^\[\]]*\]|\([^()]*\)", "", inside)) != inside:
        inside = flat
    return [part.split(":")[0].strip() for part in inside.split(",") if part.strip() and part.strip() != "*"]


def public(thing: object) -> set[str]:
    return {name for name in vars(thing) if not name.startswith("_")}


def test_the_stub_lists_exactly_what_the_module_has() -> None:
    assert public(_core) == {*FUNCTIONS, *CLASSES}


def test_functions_have_the_argument_names_of_the_stub() -> None:
    for name, function in FUNCTIONS.items():
        assert real_arguments(getattr(_core, name)) == stub_arguments(function), name


def test_classes_have_the_members_of_the_stub() -> None:
    for name, stub in CLASSES.items():
        real = getattr(_core, name)
        if issubclass(real, enum.Enum):
            fields = {
                t.id for n in stub.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)
            }
            assert {member.name for member in real} == fields
            continue
        members = {n.name: n for n in stub.body if isinstance(n, ast.FunctionDef)}
        assert public(real) == {n for n in members if not n.startswith("_")}, name
        for member, function in members.items():
            if not (function.decorator_list or member == "__len__"):
                assert real_arguments(getattr(real, member)) == stub_arguments(function), f"{name}.{member}"
