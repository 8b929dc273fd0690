"""Files and environment below the command line: strength, places, names, types."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from labelaudit.cli import COMMANDS, group
from labelaudit.cli.configuration.names import catalogue_of
from labelaudit.cli.configuration.toml_file import TomlFile, folders_above

FAST = 'encoding = "linear"\nl2 = 0.01\n'
CATALOGUE = catalogue_of(group, click.Context(group))
OPTIONS = [(command, name) for command, options in CATALOGUE.items() for name in options]


@pytest.fixture
def in_force(call, folder, monkeypatch):
    """The options in force for a command: value and source."""

    def listed(command: str = "audit", *arguments: str) -> dict[str, tuple[object, str]]:
        code, out, err = call("config", command, "-f", "json", *arguments)
        assert (code, err) == (0, "")
        return {s["option"]: (s["value"], s["source"]) for s in json.loads(out)["settings"]}

    return listed


@pytest.fixture
def refused(call, folder):
    """What `audit` says of a labelaudit.toml that it refuses."""

    def said(text: str) -> str:
        (folder / "labelaudit.toml").write_text(text)
        code, out, err = call("audit", "train.csv")
        assert (code, out) == (2, "")
        return err

    return said


class TestStrength:
    def test_each_source_is_stronger_than_the_one_before(self, call, folder, in_force, monkeypatch):
        assert in_force()["max-fdr"] == (0.2, "default")
        (folder / "pyproject.toml").write_text("[tool.labelaudit]\nmax-fdr = 0.11\n")
        assert in_force()["max-fdr"] == (0.11, "pyproject.toml:2")
        (folder / "labelaudit.toml").write_text(FAST + 'label = "label"\nid = ["key"]\nmax-fdr = 0.12\n')
        assert in_force()["max-fdr"] == (0.12, "labelaudit.toml:5")
        assert self.audited(call) == 0.12
        monkeypatch.setenv("LABELAUDIT_MAX_FDR", "0.13")
        assert in_force()["max-fdr"] == (0.13, "LABELAUDIT_MAX_FDR")
        assert self.audited(call) == 0.13
        assert self.audited(call, "--max-fdr", "0.14") == 0.14

    def audited(self, call, *arguments):
        assert call("audit", "train.csv", "-q", *arguments) == (0, "", "")
        options = json.loads(Path("labelaudit-report/audit.json").read_text())["options"]
        assert (options["label"], options["ids"], options["encoding"]) == ("label", ["key"], "linear")
        return options["max_fdr"]

    def test_a_commands_own_table_is_stronger_than_the_common_one_of_the_same_source(self, folder, in_force):
        (folder / "labelaudit.toml").write_text("max-fdr = 0.1\nthreads = 1\n[check]\nmax-fdr = 0.3\n")
        assert in_force("check")["max-fdr"] == (0.3, "labelaudit.toml:4")
        assert in_force("check")["threads"] == (1, "labelaudit.toml:2")
        assert in_force("audit")["max-fdr"] == (0.1, "labelaudit.toml:1")

    def test_a_commands_own_variable_is_stronger_than_the_common_one(self, in_force, monkeypatch):
        monkeypatch.setenv("LABELAUDIT_CHECK_MAX_FDR", "0.3")
        monkeypatch.setenv("LABELAUDIT_MAX_FDR", "0.1")
        assert in_force("check")["max-fdr"] == (0.3, "LABELAUDIT_CHECK_MAX_FDR")
        assert in_force("audit")["max-fdr"] == (0.1, "LABELAUDIT_MAX_FDR")

    def test_a_stronger_source_goes_before_a_weaker_ones_own_table(self, folder, in_force):
        (folder / "pyproject.toml").write_text("[tool.labelaudit.check]\nmax-fdr = 0.3\n")
        (folder / "labelaudit.toml").write_text("max-fdr = 0.1\n")
        assert in_force("check")["max-fdr"] == (0.1, "labelaudit.toml:1")

    def test_an_empty_variable_is_none(self, in_force, monkeypatch):
        monkeypatch.setenv("LABELAUDIT_MAX_FDR", "")
        assert in_force()["max-fdr"] == (0.2, "default")

    def test_a_list_replaces_a_weaker_list(self, call, folder):
        (folder / "labelaudit.toml").write_text(FAST + 'label = "label"\ndrop = ["key", "nothing"]\n')
        assert call("audit", "train.csv", "-q")[0] == 2
        assert call("audit", "train.csv", "-q", "--drop", "key")[0] == 0


class TestPlaces:
    def test_the_nearest_files_up_to_the_repositorys_root_count(self, folder, in_force, monkeypatch):
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

    def test_parents_count_up_to_the_repository_or_the_home_else_not_at_all(self, tmp_path):
        inner = tmp_path / "a" / "b"
        inner.mkdir(parents=True)
        assert folders_above(inner, None) == [inner]
        assert folders_above(inner, tmp_path) == [inner, inner.parent, tmp_path]
        (tmp_path / "a" / ".git").write_text("gitdir: elsewhere\n")  # as in a worktree
        assert folders_above(inner, tmp_path) == [inner, inner.parent]

    def test_paths_are_taken_from_the_files_folder(self, folder, in_force, monkeypatch):
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
    def test_another_file_stands_for_both(self, folder, in_force, monkeypatch, name, head):
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

    def test_no_config_ignores_files_and_environment(self, call, folder, in_force, monkeypatch):
        (folder / "labelaudit.toml").write_text("no TOML")
        monkeypatch.setenv("LABELAUDIT_SEED", "x")
        assert in_force("audit", "--no-config")["seed"] == (0, "default")
        assert call("audit", "train.csv", "--no-config")[2].endswith("Missing option '--label'.\n")
        monkeypatch.setenv("LABELAUDIT_NO_CONFIG", "1")
        assert in_force("audit")["seed"] == (0, "default")

    @pytest.mark.parametrize("arguments", [["--config", "x", "--no-config"], ["--no-config", "--config", "x"]])
    def test_both_are_too_much(self, call, folder, arguments):
        (folder / "x").write_text("")
        assert call("audit", "train.csv", *arguments) == (
            *(2, ""),
            "labelaudit: --config and --no-config exclude each other.\n",
        )

    def test_a_file_that_is_not_there_is_wrong_usage(self, call, folder):
        code, _, err = call("audit", "train.csv", "--config", "nothing.toml")
        assert (code, err) == (2, "labelaudit: nothing.toml: cannot be read: No such file or directory.\n")
        (folder / "pyproject.toml").write_text("[project]\n")
        code, _, err = call("audit", "train.csv", "--config", "pyproject.toml")
        assert (code, err) == (2, "labelaudit: --config: pyproject.toml has no table [tool.labelaudit].\n")


class TestNames:
    @pytest.mark.parametrize(("command", "name"), OPTIONS, ids=lambda v: str(v))
    def test_every_option_can_be_set_by_its_long_name(self, in_force, folder, command, name):
        option = CATALOGUE[command][name]
        text = example(option)
        for written in {name, name.replace("-", "_")}:
            (folder / "labelaudit.toml").write_text(f"\n[{command}]\n{written} = {text}\n")
            assert in_force(command)[name][1] == "labelaudit.toml:3"

    def test_every_command_but_config_can_be_configured(self):
        assert {*CATALOGUE} == {*COMMANDS} - {"config"}

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("\nlable = 'y'\n", "labelaudit.toml:2, key \"lable\": 'lable' is no option. Did you mean 'label'?"),
            (
                "[audit]\n\ntpo = 3",
                "labelaudit.toml:3, key \"audit.tpo\": 'tpo' is no option of audit. Did you mean 'top'?",
            ),
            ("[audit]\nbaseline = 'x'", "labelaudit.toml:2, key \"audit.baseline\": 'baseline' is no option of audit."),
            ("seed = 1\n[chek]\n", "labelaudit.toml:2, key \"chek\": 'chek' is no command. Did you mean 'check'?"),
            ("seed = 1\nversion = true", 'labelaudit.toml:2, key "version": --version is for the command line only.'),
            ("[config]\nformat = 'json'", 'labelaudit.toml:1, key "config": this command takes nothing from'),
        ],
    )
    def test_an_unknown_key_is_refused_with_place_and_nearest_name(self, refused, text, words):
        assert words in refused(text)

    def test_a_wrong_key_of_another_command_is_refused_too(self, refused):
        assert "labelaudit.toml:2" in refused("[synth]\nrosw = 3\n")

    def test_a_misspelt_variable_is_refused(self, call, monkeypatch):
        monkeypatch.setenv("LABELAUDIT_MAXFDR", "0.1")
        code, _, err = call("audit", "train.csv", "--label", "label")
        assert code == 2
        assert err.endswith("'LABELAUDIT_MAXFDR' is no variable of an option. Did you mean 'LABELAUDIT_MAX_FDR'?\n")

    def test_a_variable_that_is_like_no_option_is_let_be_and_listed(self, call, monkeypatch):
        monkeypatch.setenv("LABELAUDIT_PYDVL_PYTHON", "x")
        code, out, err = call("config")
        assert (code, err) == (0, "")
        assert "not used: LABELAUDIT_PYDVL_PYTHON." in out

    def test_config_names_the_nearest_command(self, call):
        assert call("config", "chek")[::2] == (
            2,
            "labelaudit: config: 'chek' is no command that can be configured. Did you mean 'check'?\n",
        )


def example(option: click.Option) -> str:
    """A TOML value that the option takes."""
    if option.is_flag:
        return "true"
    if isinstance(option.type, click.Choice):
        text = json.dumps(option.type.choices[0])
    elif isinstance(option.type, click.types.FloatParamType):
        text = "0.5"
    elif isinstance(option.type, click.types.IntParamType):
        text = "200"
    elif isinstance(option.type, click.types.StringParamType | click.Path):
        text = '"x"'
    else:
        text = "1"
    return f"[{text}]" if option.multiple else text


class TestTypes:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("label = 3", 'labelaudit.toml:1, key "label": expected a text in quotes, got 3.'),
            ("label = ['y']", 'key "label": expected a text in quotes, got ["y"].'),
            ("strict = 'yes'", 'key "strict": expected true or false, got "yes".'),
            ("strict = 1", 'key "strict": expected true or false, got 1.'),
            ("threads = 1.5", 'key "threads": expected a whole number, got 1.5.'),
            ("threads = true", 'key "threads": expected a whole number, got true.'),
            ("threads = 0", 'key "threads": 0 is not in the range x>=1.'),
            ("max-fdr = '0.1'", 'key "max-fdr": expected a number, got "0.1".'),
            ("max-fdr = 2", "--max-fdr: expected a share from 0 to 1, got 2.0"),
            ("l2 = 'much'", "key \"l2\": expected auto or a number, got 'much'."),
            ("l2 = true", 'key "l2": expected auto or a number, got true.'),
            ("drop = ['a', 3]", 'key "drop": expected a list of texts in quotes, got ["a", 3].'),
            ("drop = 2020-01-01", 'key "drop": expected a list of texts in quotes, got "2020-01-01".'),
            ("encoding = 'splin'", "key \"encoding\": 'splin' is not one of 'auto', 'linear'"),
            ("encoding = 1", 'key "encoding": expected one of "auto", "linear"'),
        ],
    )
    def test_a_wrong_type_is_refused_with_what_is_expected(self, refused, text, words):
        found = refused(text if text.startswith("label") else f"{text}\nlabel = 'y'\n")
        assert words in " ".join(found.split())

    def test_one_value_stands_for_a_list_of_one(self, folder, in_force):
        (folder / "labelaudit.toml").write_text('drop = "mean radius"\n')
        assert in_force()["drop"] == (["mean radius"], "labelaudit.toml:1")

    @pytest.mark.parametrize(
        ("variable", "text", "option", "value"),
        [
            ("LABELAUDIT_DROP", "mean radius", "drop", ["mean radius"]),
            ("LABELAUDIT_DROP", '["mean radius", "x"]', "drop", ["mean radius", "x"]),
            ("LABELAUDIT_STRICT", "true", "strict", True),
            ("LABELAUDIT_STRICT", "0", "strict", False),
            ("LABELAUDIT_L2", "0.5", "l2", 0.5),
            ("LABELAUDIT_AUDIT_TOP", "7", "top", 7),
        ],
    )
    def test_variables_are_texts_or_lists(self, in_force, monkeypatch, variable, text, option, value):
        monkeypatch.setenv(variable, text)
        assert in_force()[option] == (value, variable)

    @pytest.mark.parametrize(
        ("variable", "text", "words"),
        [
            ("LABELAUDIT_STRICT", "perhaps", "LABELAUDIT_STRICT: 'perhaps' is not a valid boolean"),
            ("LABELAUDIT_THREADS", "two", "LABELAUDIT_THREADS: 'two' is not a valid integer"),
            ("LABELAUDIT_DROP", "[x", "LABELAUDIT_DROP: expected a list of texts in quotes, got [x."),
            ("LABELAUDIT_DROP", "[1]", "LABELAUDIT_DROP: expected a list of texts in quotes"),
        ],
    )
    def test_a_variable_that_does_not_fit_is_refused_by_name(self, call, monkeypatch, variable, text, words):
        monkeypatch.setenv(variable, text)
        code, out, err = call("audit", "train.csv", "--label", "label")
        assert (code, out) == (2, "")
        assert words in err

    def test_a_flag_of_a_file_can_be_turned_off_by_a_variable(self, folder, in_force, monkeypatch):
        (folder / "labelaudit.toml").write_text("strict = true\n")
        assert in_force()["strict"][0] is True
        monkeypatch.setenv("LABELAUDIT_STRICT", "false")
        assert in_force()["strict"][0] is False

    def test_the_wrong_form_for_one_command_names_the_table(self, call, folder):
        (folder / "labelaudit.toml").write_text('format = "sarif"\n')
        code, _, err = call("explain", "x", "1")
        assert code == 2
        assert "What one command alone takes stands in a table of its name." in err

    def test_debug_may_stand_in_a_file(self, call, folder):
        (folder / "labelaudit.toml").write_text('debug = true\nlabel = "label"\n')
        code, _, err = call("audit", "nothing.csv")
        assert code == 3
        assert "Traceback" in err


class TestToml:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("seed = 1\nlabel = \n", "labelaudit.toml: expected TOML: Invalid value (at line 2, column 9)."),
            ("seed = 1\n[audit\n", "(at line 2, column"),
            ("seed = 1\nseed = 2\n", "(at line 2, column"),
            ("a = 1\nb = '''\n\n", "(at the end, line 2)"),
            ("a = " + "[" * 3000, "nested too deep"),
        ],
    )
    def test_what_is_no_toml_is_refused_with_its_line(self, refused, text, words):
        assert words in refused(text)

    def test_other_bytes_than_utf8_are_refused(self, call, folder):
        (folder / "labelaudit.toml").write_bytes(b'label = "\xe9"\n')
        code, _, err = call("audit", "train.csv")
        assert (code, err) == (2, "labelaudit: labelaudit.toml: expected UTF-8, got other bytes at byte 10.\n")

    def test_a_table_of_ours_must_be_one(self, call, folder):
        (folder / "pyproject.toml").write_text("[tool]\nlabelaudit = 3\n")
        assert call("config")[::2] == (2, "labelaudit: pyproject.toml: expected a table [tool.labelaudit].\n")

    def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(self, folder, in_force):
        (folder / "labelaudit.toml").write_bytes(b"\xef\xbb\xbf# one\r\nseed = 3\r\n")
        assert in_force()["seed"] == (3, "labelaudit.toml:2")

    def test_a_key_is_found_at_the_line_where_it_begins(self):
        text = '# label = 1\nx = """\nlabel = 2\n"""\n\nlist = [ # one\n  1,\n\n  2,\n]\n"la.bel" = 4\n'
        text += "a.b.c = 5\n[t]\n[t.u]\nz = {q = 1}\n"
        import tomllib

        lines = TomlFile(Path("x"), text, (), tomllib.loads(text)).lines
        assert {".".join(k): n for k, n in lines.items()} == {
            **{"x": 2, "list": 6, "la.bel": 11, "a": 12, "a.b": 12, "a.b.c": 12},
            **{"t": 13, "t.u": 14, "t.u.z": 15, "t.u.z.q": 15},
        }


class TestConfig:
    def test_without_anything_it_says_so(self, call):
        assert call("config") == (0, "No configuration file.\nNothing is set: every option has its default.\n", "")

    def test_it_says_what_is_set_and_for_which_commands(self, call, folder):
        (folder / "labelaudit.toml").write_text('label = "y"\n[check]\nformat = ["sarif"]\n')
        code, out, _ = call("config")
        assert code == 0
        rows = [line.split() for line in out.splitlines()]
        assert ["label", '"y"', "labelaudit.toml:1", "audit,", "check", "and", "2", "more"] in rows
        assert ["format", '["sarif"]', "labelaudit.toml:3", "check"] in rows
        assert max(map(len, out.splitlines())) <= 80

    def test_of_a_command_it_lists_all_options(self, call, folder):
        listed = json.loads(call("config", "check", "-f", "json")[1])["settings"]
        assert [s["option"] for s in listed] == list(CATALOGUE["check"])
        assert {s["source"] for s in listed} == {"default"}

    def test_hostile_values_are_shown_as_escapes(self, call, folder):
        (folder / "labelaudit.toml").write_text('label = "\\u001b[31m"\n')
        assert "\x1b" not in call("config")[1] + call("config", "-f", "json")[1]

    def test_values_are_refused_for_every_command(self, call, folder):
        (folder / "labelaudit.toml").write_text("[synth]\nrows = 'many'\n")
        assert (
            call("audit", "train.csv", "--label", "label", "--top", "0", "-q", "--id", "key", "--encoding", "linear")[0]
            == 0
        )
        assert call("config")[0] == 2


def test_help_and_version_do_not_read_configuration(call, folder):
    (folder / "labelaudit.toml").write_text("no TOML")
    assert call("audit", "--help")[0] == call("audit", "--version")[0] == call("--help")[0] == 0


def test_python_reads_no_configuration(folder, monkeypatch):
    import labelaudit
    from labelaudit.errors import UsageError

    (folder / "labelaudit.toml").write_text("no TOML")
    monkeypatch.setenv("LABELAUDIT_MAX_FDR", "7")
    with pytest.raises(UsageError, match="max-fdr: expected a share from 0 to 1, got 8"):
        labelaudit.audit("train.csv", "label", max_fdr=8)
