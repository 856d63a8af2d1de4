"""What all programs have in common: help, version, settings, exit codes, pipes, quick starts."""

import json
import re

import pytest
from conftest import PROGRAMS

EVERY_PROGRAM = pytest.mark.parametrize("program", PROGRAMS)
WITH_SETTINGS = {"dr-fit-model": ["model", "fit_model"], "dr-fit-behavior": ["behavior"],
                 "dr-collect": ["collect"], "dr-eval": ["collect"],
                 "dr-train": ["model", "fit_model", "behavior", "collect", "train"]}


def print_config(shell, *args, program="dr-fit-model", **kwargs):
    return json.loads(shell.run(program, "--print-config", *args, **kwargs).stdout)


@EVERY_PROGRAM
def test_help_goes_to_stdout_and_shows_every_option(shell, program):
    result = shell.run(program, "--help")
    assert result.stderr == ""
    options = [line.split("\t")[0] for line in shell.run(program, "--help-complete").stdout.splitlines()]
    assert "--help" in options and "--version" in options
    for option in options:
        assert option in result.stdout
    assert "--help-man" not in result.stdout


@EVERY_PROGRAM
def test_version_names_the_program(shell, program):
    result = shell.run(program, "--version")
    assert re.fullmatch(rf"{program} \d+\.\d+\.\d+\n", result.stdout)
    assert result.stderr == ""


def test_a_misspelt_option_names_the_nearest(shell):
    shell.fails("dr-fit-model", "--upadtes", "3", status=2, says=["--upadtes", "mean --updates"])
    shell.fails("dr-fit-model", "--sede=3", status=2, says=["--sede", "mean --seed"])


def test_version_as_json_names_the_libraries(shell):
    versions = json.loads(shell.run("dr-info", "--version", "--json").stdout)
    assert versions["mujoco"] == "3.14.0"
    assert set(versions) == {"dreamer", "libtorch", "mujoco", "hdf5"}
    assert all(re.match(r"\d+\.\d+", version) for version in versions.values())


@EVERY_PROGRAM
def test_unknown_option_is_a_usage_error(shell, program):
    shell.fails(program, "--no-such-option", status=2, says=["--no-such-option", "--help"])


@pytest.mark.parametrize("program", ["dr-fit-model", "dr-fit-behavior", "dr-imagine", "dr-collect",
                                     "dr-train"])
def test_missing_options_are_a_usage_error_that_names_one(shell, program):
    shell.fails(program, status=2, says="--[a-z]+.*(required|needed)")


@EVERY_PROGRAM
def test_starts_without_the_heavy_libraries(shell, program):
    for question in ["--help", "--version", "--help-complete"]:
        shell.run(program, question, env={"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": "loaded"})
    loaded = "".join((shell.folder / name).read_text() for name in shell.files("loaded.*"))
    assert "libc.so" in loaded
    assert "libtorch" not in loaded and "libmkl" not in loaded and "libEGL" not in loaded


@pytest.mark.parametrize("program,sections", WITH_SETTINGS.items())
def test_print_config_prints_the_sections_that_the_program_uses(shell, program, sections):
    config = print_config(shell, program=program)
    assert list(config) == sections
    assert all(config[section] for section in sections)


def test_later_sources_of_settings_win(shell):
    file = shell.folder / "mine.json"
    file.write_text('{"model": {"depth": 6, "stoch": 7}}')
    assert print_config(shell)["model"]["depth"] == 32
    preset = print_config(shell, "--preset", "quick")["model"]
    assert (preset["depth"], preset["stoch"], preset["deter"]) == (8, 20, 128)
    # The order on the command line does not matter.
    mixed = print_config(shell, "--set", "model.depth=3", "--config", file, "--preset", "quick")
    assert [mixed["model"][key] for key in ("depth", "stoch", "deter")] == [3, 7, 128]


def test_a_printed_configuration_can_be_given_back(shell):
    printed = print_config(shell, "--preset", "paper-gr", "--set", "model.gru=torch")
    (shell.folder / "again.json").write_text(json.dumps(printed))
    assert print_config(shell, "--config", "again.json") == printed


def test_presets_are_complete_for_every_program(shell):
    for program in WITH_SETTINGS:
        for preset in ("paper", "paper-gr", "quick", "state", "atari"):
            print_config(shell, "--preset", preset, program=program)
        assert print_config(shell, "--preset", "paper", program=program) == print_config(
            shell, program=program)


@pytest.mark.parametrize("arguments,says", [
    (["--set", "model.dpeth=8"], ["model.dpeth", "did you mean model.depth"]),
    (["--set", "modle.depth=8"], ["modle", "did you mean model"]),
    (["--set", "model.depth=many"], ["model.depth", "integer"]),
    (["--set", "model.depth=0"], ["model.depth", "1 to 512"]),
    (["--set", "model.depth"], ["section.key=value"]),
    (["--set", "behavior.horizon=3"], ["behavior", "no use"]),
    (["--set", "model.gru=keras"], ["model.gru", "torch"]),
    (["--preset", "quikc"], ["quikc", "did you mean quick"]),
])
def test_wrong_settings_are_usage_errors_that_name_the_remedy(shell, arguments, says):
    shell.fails("dr-fit-model", "--print-config", *arguments, status=2, says=says)


def test_a_wrong_configuration_file_is_named(shell):
    (shell.folder / "bad.json").write_text('{"model": {"dpeth": 8}}')
    (shell.folder / "torn.json").write_text('{"model": ')
    shell.fails("dr-fit-model", "--print-config", "--config", "bad.json", status=2,
                says=["bad.json", "did you mean model.depth"])
    shell.fails("dr-fit-model", "--print-config", "--config", "torn.json", status=2,
                says=["torn.json", "not JSON"])
    shell.fails("dr-fit-model", "--print-config", "--config", "none.json", status=1,
                says=["none.json"])


@pytest.mark.parametrize("arguments,says", [
    (["--seed", "-1"], "--seed"),
    (["--seed", "2147483648"], "--seed"),
    (["--threads", "x"], "--threads"),
    (["--updates", "0"], "--updates"),
])
def test_numbers_out_of_range_name_their_option(shell, arguments, says):
    shell.fails("dr-fit-model", "--data", "x", "--out", "y", *arguments, status=2, says=says)


@pytest.mark.parametrize("arguments,says", [
    (["--seed"], "--seed needs a value"),
    (["--min-episodes", "2", "--data", "x", "--out", "y.h5"], "--min-episodes needs --follow"),
    (["--quiet", "--verbose", "--data", "x", "--out", "y.h5"],
     "(--verbose and --quiet|--quiet and --verbose) exclude each other"),
    (["--data", "x", "--out", "y.h5", "--updates", "1", "--seed", "1", "z"],
     "z: not expected here"),
])
def test_wrong_options_are_said_in_words(shell, arguments, says):
    result = shell.fails("dr-fit-model", *arguments, status=2, says=says)
    assert not re.search("required .* missing|excludes|requires|Could not|The following",
                         result.stderr)


@EVERY_PROGRAM
def test_questions_to_a_full_or_closed_standard_output_fail_in_one_line(shell, program):
    for question in ("--help", "--version", "--help-complete"):
        for where, cause in ((">/dev/full", "No space left"), (">&-", "closed")):
            result = shell.pipe(f"{program} {question} {where}", status=1)
            assert re.fullmatch(f"{program}: error: .*{cause}.*\n", result.stderr), str(result)


def test_a_share_folder_that_is_not_there_is_named(shell):
    shell.fails("dr-fit-model", "--print-config", "--preset", "quick", status=2,
                env={"DREAMER_SHARE": "/nowhere"}, says=["DREAMER_SHARE=/nowhere"])


def test_a_closed_pipe_ends_quietly(shell):
    # `true` reads nothing; the text is longer than nothing, so the write meets a closed pipe.
    for question in ("--print-config", "--help", "--help-schema"):
        result = shell.pipe(f"(sleep 0.2; dr-fit-model {question}; echo $? >status) | true")
        assert result.stderr == ""
        assert (shell.folder / "status").read_text() == "0\n"


def test_a_full_standard_output_is_an_error(shell):
    result = shell.pipe("dr-fit-model --print-config >/dev/full", status=1)
    assert result.stderr == ("dr-fit-model: error: cannot write to standard output: "
                             "No space left on device\n")


def test_quiet_programs_still_say_their_error(shell):
    shell.fails("dr-fit-model", "--quiet", "--print-config", "--preset", "none", status=2,
                says="none")
