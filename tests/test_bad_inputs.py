"""Files of other tools' tests, where they are at hand: read exactly or refused, and audited without a crash."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT.parent / "shared" / "bad_inputs"
READ, AUDITED = 300, 12

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/bad_inputs is not there")


@pytest.fixture(scope="module")
def bad_inputs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bad_inputs", ROOT / "benchmarks" / "bad_inputs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bad_inputs"] = module
    spec.loader.exec_module(module)
    return module


def drawn(module: ModuleType, count: int) -> list[Path]:
    paths = module.files_of(FOLDER)
    return paths[:: len(paths) // count]


def test_the_reader_reads_what_others_read_or_refuses(bad_inputs: ModuleType) -> None:
    outcomes = [bad_inputs.read_one(path) for path in drawn(bad_inputs, READ)]
    assert [outcome for outcome in outcomes if outcome.problem] == []
    assert sum(outcome.compared for outcome in outcomes) > READ / 5
    assert max(outcome.seconds for outcome in outcomes) < bad_inputs.SECONDS


def test_an_audit_ends_with_0_or_3(bad_inputs: ModuleType) -> None:
    outcomes = [bad_inputs.audit_one(path) for path in drawn(bad_inputs, AUDITED)]
    assert [outcome for outcome in outcomes if outcome.problem] == []
