"""Nothing in the package can run what a file says."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import labelaudit

PACKAGE = Path(labelaudit.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml", "subprocess"}
# what goes between an audit and the workers of its cluster is no file's: these alone may, and only for that
BETWEEN_PROCESSES = {
    "cluster/messages.py": {"pickle"},
    "cluster/packing.py": {"pickle", "cloudpickle"},
    "cluster/local.py": {"subprocess"},
}
CALLS = {"eval", "exec", "__import__"}
ATTRIBUTES = {
    ("torch", "load"),
    ("torch", "compile"),
    ("pd", "eval"),
    ("pd", "read_pickle"),
    ("os", "system"),
    ("os", "popen"),
    ("np", "loads"),
    ("yaml", "load"),
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_there_is_no_pickle_no_eval_and_no_loader_that_runs_code(path: Path) -> None:
    refused = MODULES - BETWEEN_PROCESSES.get(path.relative_to(PACKAGE).as_posix(), set())
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not {name.name.split(".")[0] for name in node.names} & refused
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in refused
        elif isinstance(node, ast.Call):
            function = node.func
            assert not (isinstance(function, ast.Name) and function.id in CALLS)
            if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
                assert (function.value.id, function.attr) not in ATTRIBUTES
            for word in node.keywords:
                assert not (
                    word.arg == "allow_pickle" and not (isinstance(word.value, ast.Constant) and not word.value.value)
                )


def test_every_array_is_loaded_without_pickle() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and ast.unparse(node.func) == "np.load"
            ):
                assert [word.arg for word in node.keywords if word.arg == "allow_pickle"], path
