"""Where files are looked for, and what paths in them mean."""

from __future__ import annotations

import pytest

from labelaudit.cli.configuration.toml_file import folders_above


def test_the_nearest_files_up_to_the_repositorys_root_count(folder, in_force, monkeypatch):
    repository, inner = folder / "repository", folder / "repository" / "a" / "b"
    inner.mkdir(parents=True)
    (repository / ".git").mkdir()
    (folder / "labelaudit.toml").write_text("threads = 7\n")
    monkeypatch.chdir(inner)
    assert in_force()["threads"] == (None, "default")
    (repository / "labelaudit.toml").write_text("threads = 6\n")
    (repository / "pyproject.toml").write_text("[tool.labelaudit]\nseed = 5\n")
    (inner / "pyproject.toml").write_text("[project]\n")  # without a table of ours it is passed over
    assert in_force()["threads"] == (6, "../../labelaudit.toml:1")
    assert in_force()["seed"] == (5, "../../pyproject.toml:2")
    (inner.parent / "labelaudit.toml").write_text("seed = 4\n")
    assert in_force()["threads"] == (None, "default")
    assert in_force()["seed"] == (4, "../labelaudit.toml:1")


def test_parents_count_up_to_the_repository_or_the_home_else_not_at_all(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert folders_above(inner, None) == [inner]
    assert folders_above(inner, tmp_path) == [inner, inner.parent, tmp_path]
    (tmp_path / "a" / ".git").write_text("gitdir: elsewhere\n")  # as in a worktree
    assert folders_above(inner, tmp_path) == [inner, inner.parent]


def test_paths_are_taken_from_the_files_folder(folder, in_force, monkeypatch):
    (folder / ".git").mkdir()
    (folder / "sub").mkdir()
    text = 'baseline = "labels.jsonl"\nout = "/tmp/x"\ndiff-base = ["old.csv", "-"]\nlabel = "a/b"\n'
    (folder / "labelaudit.toml").write_text(text)
    assert in_force("check")["baseline"][0] == "labels.jsonl"
    monkeypatch.chdir(folder / "sub")
    found = {**in_force("audit"), **in_force("check")}
    values = [found[name][0] for name in ("baseline", "out", "diff-base", "label")]
    assert values == ["../labels.jsonl", "/tmp/x", ["../old.csv", "-"], "a/b"]


@pytest.mark.parametrize(("name", "head"), [("other.toml", ""), ("pyproject.toml", "[tool.labelaudit]\n")])
def test_another_file_stands_for_both(folder, in_force, monkeypatch, name, head):
    (folder / "labelaudit.toml").write_text("threads = 3\n")
    (folder / "far").mkdir()
    (folder / "far" / name).write_text(head + "seed = 9\n")
    where = f"far/{name}:{1 + bool(head)}"
    monkeypatch.setenv("LABELAUDIT_TOP", "4")
    for arguments in (["--config", f"far/{name}"], []):
        found = in_force("audit", *arguments)
        assert (found["threads"], found["seed"]) == ((None, "default"), (9, where))
        assert found["top"] == (4, "LABELAUDIT_TOP")
        monkeypatch.setenv("LABELAUDIT_CONFIG", f"far/{name}")


def test_no_config_ignores_files_and_environment(call, folder, in_force, monkeypatch):
    (folder / "labelaudit.toml").write_text("no TOML")
    monkeypatch.setenv("LABELAUDIT_SEED", "x")
    assert in_force("audit", "--no-config")["seed"] == (0, "default")
    assert call("audit", "train.csv", "--no-config")[2].endswith("Missing option '--label'.\n")
    monkeypatch.setenv("LABELAUDIT_NO_CONFIG", "1")
    assert in_force("audit")["seed"] == (0, "default")


@pytest.mark.parametrize("arguments", [["--config", "x", "--no-config"], ["--no-config", "--config", "x"]])
def test_both_are_too_much(call, folder, arguments):
    (folder / "x").write_text("")
    assert call("audit", "train.csv", *arguments) == (
        *(2, ""),
        "labelaudit: --config and --no-config exclude each other.\n",
    )


def test_a_file_that_is_not_there_is_wrong_usage(call, folder):
    code, _, err = call("audit", "train.csv", "--config", "nothing.toml")
    assert (code, err) == (2, "labelaudit: nothing.toml: cannot be read: No such file or directory.\n")
    (folder / "pyproject.toml").write_text("[project]\n")
    code, _, err = call("audit", "train.csv", "--config", "pyproject.toml")
    assert (code, err) == (2, "labelaudit: --config: pyproject.toml has no table [tool.labelaudit].\n")
