"""dr-info: files, folders, checks and comparisons, for people and for scripts."""

import json
import pathlib
import shlex
import shutil

import h5py
import jsonschema
import pytest
from conftest import SHORT_EPISODES, TINY_MODEL

SCHEMA = json.loads(
    (pathlib.Path(__file__).parents[2] / "schemas" / "info.schema.json").read_text())


def info(shell, *args, status=0):
    """What --json says of one file or folder, which obeys the schema."""
    line, = shell.run("dr-info", "--json", *args, status=status).lines()
    jsonschema.Draft7Validator(SCHEMA).validate(line)
    return line


@pytest.fixture
def folder(shell, made):
    """Two episodes by random actions, one by a policy, one of another task, and two misfits."""
    folder = shell.folder / "mixed"
    shutil.copytree(made.episodes, folder)
    shell.run("dr-collect", "--task", "cartpole_balance", "--policy", made.policy, "--seed", 5,
              "--episodes", 1, "--out", folder, "--threads", 1, "--render", "fast")
    other, = made.other_task.glob("*.h5")
    shutil.copy(other, folder)
    shutil.copy(made.model, folder / "model.h5")
    (folder / "torn.h5").write_bytes(made.episode.read_bytes()[:1000])
    (folder / ".being-written.tmp").write_text("")
    return folder


def test_a_folder_is_summed_up(shell, made):
    line = info(shell, made.episodes)
    assert (line["episodes"], line["files"], line["misfits"]) == (2, 2, [])
    assert line["tasks"] == {"cartpole_balance": 2} and line["policies"] == {"random": 2}
    assert line["steps"] == 80 and line["frames"] == 80 * 25 and line["action_repeat"] == {"25": 2}
    assert line["image"] == {"64x64x3": 2} and line["render"] == {"fast": 2}
    returns = [h5py.File(path).attrs["return"] for path in made.episodes.glob("*.h5")]
    assert line["return"] == {"min": min(returns), "median": pytest.approx(sum(returns) / 2),
                              "max": max(returns)}
    assert line["length"] == {"min": 41, "median": 41, "max": 41}
    assert line["bytes"] == sum(path.stat().st_size for path in made.episodes.glob("*.h5"))
    text = shell.run("dr-info", made.episodes).stdout
    assert "2 episodes of cartpole_balance, 80 agent steps (2,000 frames, action repeat 25)" in text
    assert "random" in text and "median" in text and "misfits" not in text


def test_what_does_not_fit_a_folder_is_named(shell, folder):
    line = info(shell, folder)
    assert line["episodes"] == 4 and line["files"] == 6
    assert line["tasks"] == {"cartpole_balance": 3, "reacher_easy": 1}
    policies = line["policies"]
    assert policies.pop("random") == 3 and len(policies) == 1
    assert "policy.h5" in next(iter(policies))
    misfits = {pathlib.Path(misfit["file"]).name: misfit["reason"] for misfit in line["misfits"]}
    assert len(misfits) == 3
    assert "dreamer.model" in misfits["model.h5"]
    assert "torn.h5" in misfits["torn.h5"]
    assert "reacher_easy" in misfits["reacher_easy-0000000000-000000.h5"]
    text = shell.run("dr-info", folder).stdout
    for name in misfits:
        assert name in text


def test_an_empty_folder_has_no_episodes(shell):
    (shell.folder / "empty").mkdir()
    assert info(shell, "empty")["episodes"] == 0
    assert "0 episodes" in shell.run("dr-info", "empty").stdout


def test_checking_a_folder_names_what_fails_and_counts(shell, made, folder):
    checked = shell.run("dr-info", "--check", made.episodes)
    assert checked.stdout == f"{made.episodes}: 2 of 2 files ok\n"
    broken = folder / made.episode.name
    with h5py.File(broken, "r+") as file:
        del file["discount"]
    (folder / "torn.h5").unlink()
    checked = shell.run("dr-info", "--check", folder, status=3)
    first, last = checked.stdout.splitlines()
    assert first.startswith(f"{broken}: ") and "discount" in first
    assert last == f"{folder}: 4 of 5 files ok"
    line = info(shell, "--check", folder, status=3)
    assert (line["ok"], line["files"], line["failed"]) == (False, 5, 1)
    (folder / "torn.h5").write_bytes(broken.read_bytes()[:1000])
    line = info(shell, "--check", folder, status=1)
    assert line["failed"] == 2
    assert {failure["file"] for failure in line["failures"]} == {str(broken),
                                                                str(folder / "torn.h5")}


def test_a_summary_says_what_a_file_is_and_how_it_was_made(shell, made):
    text = shell.run("dr-info", made.policy).stdout
    assert "policy for cartpole_balance: 2 updates" in text and "action repeat 25" in text
    assert "quick, changed: " in text and "behavior.units=8" in text
    assert "model.h5 (2 updates)" in text
    assert "episode of cartpole_balance: 41 rows" in shell.run("dr-info", made.episode).stdout
    assert "model for cartpole_balance: 2 updates" in shell.run("dr-info", made.model).stdout
    assert "2 starts, 7 rows, 3 of them seen" in shell.run("dr-info", made.dream).stdout
    assert "under a policy" in shell.run("dr-info", made.policy_dream).stdout


def test_the_command_can_be_copied_whole(shell, made):
    out = "it's a model; $HOME.h5"
    options = ["--data", str(made.episodes), "--updates", "1", "--out", out, *TINY_MODEL]
    shell.run("dr-fit-model", *options)
    for args in ([], ["--verbose"]):
        text = shell.run("dr-info", *args, out).stdout
        command, = [line[line.index("dr-fit-model --"):] for line in text.splitlines()
                    if "dr-fit-model --" in line]
        assert shlex.split(command) == ["dr-fit-model", *options]
    line = info(shell, out)
    assert shlex.split(line["command"]) == ["dr-fit-model", *options]


def test_the_settings_are_those_of_the_nearest_preset(shell, made):
    shell.run("dr-fit-model", "--data", made.episodes, "--updates", 1, "--out", "m.h5", *TINY_MODEL,
              "model.kl_scale=3")
    settings = info(shell, "m.h5")["settings"]
    assert settings["preset"] == "quick"
    assert settings["changed"]["model.kl_scale"] == 3
    assert settings["changed"]["model.depth"] == 2
    assert "model.free_nats" not in settings["changed"]


def test_verbose_lists_everything(shell, made):
    text = shell.run("dr-info", "--verbose", made.episode).stdout
    for words in ("/image", "/reward", "[41,64,64,3]", "time", "command"):
        assert words in text


def test_two_files_are_compared(shell, made):
    shell.run("dr-fit-model", "--data", made.episodes, "--updates", 2, "--out", "other.h5",
              *TINY_MODEL, "model.kl_scale=5", "--seed", 3)
    same = shell.run("dr-info", "--diff", made.model, made.model)
    assert same.stdout == ""
    different = shell.run("dr-info", "--diff", made.model, "other.h5", status=3)
    assert sorted(different.stdout.splitlines()) == ["model.kl_scale 1 -> 5",
                                                     "provenance.seed 0 -> 3"]
    line = info(shell, "--diff", made.model, "other.h5", status=3)
    assert not line["same"]
    assert {"name": "model.kl_scale", "first": 1.0, "second": 5.0} in line["differences"]
    assert info(shell, "--diff", made.model, made.model)["same"]
    shapes = info(shell, "--diff", made.episode, next(made.other_task.glob("*.h5")), status=3)
    assert {"name": "task", "first": "cartpole_balance",
            "second": "reacher_easy"} in shapes["differences"]
    assert {"name": "/action", "first": "float32 [41,1]",
            "second": "float32 [41,2]"} in shapes["differences"]


@pytest.mark.parametrize("args", [["--diff", "a.h5"], ["--diff", "a.h5", "b.h5", "c.h5"],
                                  ["--diff", "--check", "a.h5", "b.h5"]])
def test_comparing_takes_two_files(shell, args):
    shell.fails("dr-info", *args, status=2, says="--diff")


def test_deep_and_foreign_attributes_are_shown_as_text(shell, made):
    shutil.copy(made.episode, shell.folder / "deep.h5")
    with h5py.File(shell.folder / "deep.h5", "r+") as file:
        file["provenance"].attrs["parents"] = "[" * 20000 + "]" * 20000
        file["provenance"].attrs["argv"] = '{"a": [1]}'
        file.attrs["task"] = "a\nb\x1b[2J"
    for args in ([], ["--verbose"]):
        text = shell.run("dr-info", *args, "deep.h5").stdout
        assert "\x1b" not in text
    line, = shell.run("dr-info", "--json", "deep.h5").lines()
    assert line["provenance"]["parents"] == "[" * 20000 + "]" * 20000


def test_a_folder_of_thousands_is_summed_up_without_libtorch(shell, made):
    folder = shell.folder / "many"
    folder.mkdir()
    shutil.copy(made.episode, folder / "0.h5")
    for i in range(1, 2000):
        (folder / f"{i}.h5").hardlink_to(folder / "0.h5")
    traced = shell.run("dr-info", "--json", folder, env={"LD_DEBUG": "libs"})
    line = traced.lines()[0]
    assert line["episodes"] == 2000 and line["steps"] == 2000 * 40
    assert "libtorch" not in traced.stderr
