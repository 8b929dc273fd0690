from __future__ import annotations

import os
from pathlib import Path

import pytest

from labelaudit.masks import no_wider_than


@pytest.fixture
def usual_mask():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.parametrize(
    ("mode", "file", "folder"),
    [(0o644, 0o644, 0o755), (0o666, 0o644, 0o755), (0o600, 0o600, 0o700), (0o640, 0o640, 0o750), (0o400, 0o600, 0o700)],
)
def test_new_files_and_folders_are_no_wider_than_the_data(tmp_path, usual_mask, mode, file, folder):
    data = tmp_path / "data"
    data.touch()
    data.chmod(mode)
    with no_wider_than([data]):
        (tmp_path / "file").touch()
        (tmp_path / "folder").mkdir()
    (tmp_path / "after").touch()
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("file", "folder", "after")] == [file, folder, 0o644]


def test_the_users_mask_is_kept(tmp_path, usual_mask):
    os.umask(0o077)
    with no_wider_than(["-", "not there", Path("/dev/null"), "nul\0"]):
        (tmp_path / "file").touch()
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
