"""The arrows of the architecture point down only."""

import ast
from pathlib import Path

import pytest

import labelaudit

PACKAGE = Path(labelaudit.__file__).parent
# from the top; a part may import what stands below it, never its own row's neighbours nor what is above
LAYERS = (
    {"cli"},
    {"benchmark", "review"},
    {"report"},
    {"checks", "views"},
    {"explanations", "validation", "cleaning", "arguments"},
    {"audits"},
    {"assess", "oddities"},
    {"score", "choose"},
    {"evidence", "noise"},
    {"influence"},
    {"curvature"},
    {"sketch"},
    {"model"},
    {"device", "cluster"},
    {"encode"},
    {"blocks"},
    {"table"},
    {"kernels"},
    {"storage"},
    {"_core"},
    {"decisions"},
    {"files", "fingerprints", "sizes", "jsontext", "masks", "pictures", "records", "synthetic", "planting", "metrics"},
    {"staging", "threads", "tree", "addresses"},
    {"errors"},
)
HEIGHT = {part: -i for i, parts in enumerate(LAYERS) for part in parts}
# all that reports see of what is below them
DATA_CLASSES = {
    *("labelaudit.audits.result", "labelaudit.audits.saving", "labelaudit.checks.result"),
    *("labelaudit.explanations.result", "labelaudit.jsontext", "labelaudit.validation.result"),
    "labelaudit.views.result",
    *("labelaudit.audits.planning.result", "labelaudit.sizes"),
}


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        if name not in ("__init__", "__main__"):
            yield name, path


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "labelaudit":
            inner = [f"{node.module}.{a.name}" for a in node.names] if node.module == "labelaudit" else [node.module]
            yield from inner
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] == "labelaudit")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=lambda v: v if isinstance(v, str) else "")
def test_imports_point_down(name, path):
    part = name.split(".")[0]
    for target in imports(path):
        other = target.split(".")[1]
        if other not in ("__version__", part):
            assert HEIGHT[other] < HEIGHT[part], f"{name} imports {target}"


def test_reports_see_only_the_data_classes_of_an_audit():
    for name, path in modules():
        if name.startswith("report."):
            for target in imports(path):
                assert target in DATA_CLASSES or target.startswith("labelaudit.report"), f"{name} imports {target}"


def test_synthetic_knows_only_errors():
    found = set(imports(PACKAGE / "synthetic.py"))
    assert found <= {"labelaudit.errors"}


def test_every_part_has_a_place():
    assert {name.split(".")[0] for name, _ in modules()} <= set(HEIGHT)
