"""The programs compose: the loop in a shell, provenance from file to file, files for Python."""

import json
import re
import shutil

import h5py
import numpy as np
from conftest import SHORT_EPISODES, TINY_BEHAVIOR, TINY_MODEL, datasets


def info(shell, path):
    return shell.run("dr-info", "--json", path).lines()[0]


def parents(shell, path):
    return {parent["role"]: parent["id"] for parent in info(shell, path)["provenance"]["parents"]}


def text(attribute):
    """h5py gives strings of fixed length as bytes."""
    return attribute.decode() if isinstance(attribute, bytes) else attribute


def test_a_round_of_the_loop_in_a_shell(shell, made):
    shell.pipe(f"""
        dr-collect --task cartpole_balance --policy {made.policy} --episodes 2 --seed 7 --out more \
            {" ".join(SHORT_EPISODES)} |
          dr-fit-model --data - {made.episodes} --init {made.model} --updates 2 --out m.h5 \
            {" ".join(TINY_MODEL)} >metrics.jsonl
        dr-imagine --model m.h5 --data more --out d.h5 --starts 2 --horizon 3 --threads 1
        dr-render d.h5 --out d.mp4
        dr-fit-behavior --model m.h5 --data more --init {made.policy} --updates 2 --out p.h5 \
            {" ".join(TINY_BEHAVIOR)} >>metrics.jsonl
        dr-eval --task cartpole_balance --policy p.h5 --episodes 1 {" ".join(SHORT_EPISODES)} \
            >summary.json
    """)
    assert [json.loads(line)["update"]
            for line in (shell.folder / "metrics.jsonl").read_text().splitlines()] == [4, 4]
    assert json.loads((shell.folder / "summary.json").read_text())["episodes"] == 1
    assert len(shell.files("more/*.h5")) == 2
    # Every file names the ones it was made from.
    model, policy = info(shell, "m.h5")["provenance"], info(shell, "p.h5")["provenance"]
    assert parents(shell, "m.h5")["init"] == info(shell, made.model)["provenance"]["id"]
    assert parents(shell, "p.h5")["model"] == model["id"]
    assert parents(shell, "p.h5")["init"] == info(shell, made.policy)["provenance"]["id"]
    assert parents(shell, "d.h5")["model"] == model["id"]
    episode = info(shell, shell.files("more/*.h5")[0])
    assert parents(shell, shell.files("more/*.h5")[0])["policy"] == info(
        shell, made.policy)["provenance"]["id"]
    assert episode["provenance"]["program"] == "dr-collect"
    assert policy["program"] == "dr-fit-behavior" and "--init" in policy["argv"]
    assert policy["config"]["behavior"]["horizon"] == 3


def test_no_temporary_file_stays(shell, made):
    assert all(re.fullmatch(r"[\w.-]+\.h5", name.split("/")[-1]) and not name.startswith(".")
               for name in made.shell.files())


def test_episode_lists_are_files_folders_and_standard_input(shell, made):
    episodes = sorted(made.episodes.glob("*.h5"))
    line = json.dumps({"episode": str(episodes[1])})
    imagine = ["dr-imagine", "--model", made.model, "--starts", 2, "--context", 2, "--horizon", 3,
               "--threads", 1]
    shell.run(*imagine, "--data", made.episodes, "--out", "folder.h5")
    shell.run(*imagine, "--data", *episodes, "--out", "files.h5")
    shell.run(*imagine, "--data", "-", "--out", "paths.h5", stdin="\n".join(map(str, episodes)))
    shell.run(*imagine, "--data", episodes[0], "-", "--out", "mixed.h5", stdin=line + "\n")
    for name in ("files.h5", "paths.h5", "mixed.h5"):
        assert datasets(shell.folder / name) == datasets(shell.folder / "folder.h5")


def test_h5py_reads_an_episode_as_documented(made):
    with h5py.File(made.episode) as file:
        rows = file.attrs["length"]
        assert file["image"].shape == (rows, 64, 64, 3) and file["image"].dtype == np.uint8
        assert file["action"].shape == (rows, 1) and file["action"].dtype == np.float32
        assert text(file["image"].attrs["dims"]) == "T,H,W,C"
        assert not file["action"][0].any() and file["reward"][0] == 0
        assert (file["discount"][:] == 1).all()
        assert abs(file["reward"][:].sum() - file.attrs["return"]) < 1e-3
        assert text(file.attrs["format"]) == "dreamer.episode"
        assert text(file.attrs["format_version"]) == "1.1"


def test_a_dream_holds_the_truth_only_along_logged_actions(made):
    with h5py.File(made.dream) as logged, h5py.File(made.policy_dream) as own:
        assert logged["image"].shape == (2, 7, 64, 64, 3) == own["image"].shape
        assert "truth/image" in logged and "truth/image" not in own
        assert "value" in own and "value" not in logged
        row, episode = logged["start/row"][0], json.loads(logged["start"].attrs["episode"])[0]
        with h5py.File(made.shell.folder / episode) as file:
            assert (file["image"][row:row + 7] == logged["truth/image"][0]).all()
            assert (file["action"][row:row + 7] == logged["action"][0]).all()


def test_a_policy_acts_with_the_action_repeat_it_was_learned_with(shell, made):
    short = ["--task", "cartpole_balance", "--policy", made.policy, "--render", "fast"]
    done = shell.run("dr-collect", *short, "--threads", 1, "--out", "own")
    assert [line["length"] for line in done.lines()] == [41] and not done.stderr
    done = shell.run("dr-eval", *short, "--episodes", 1, "--set", "collect.action_repeat=50")
    assert "was learned with action repeat 25 and acts with 50" in done.stderr


def test_judging_a_model_on_what_it_learned_from_is_warned_of(shell, made):
    def says(model, *data):
        return shell.run("dr-eval", "--model", model, "--starts", 1, "--context", 1, "--horizon", 1,
                         "--threads", 1, "--data", *data).stderr

    first, second = sorted(made.episodes.glob("*.h5"))
    shell.run("dr-collect", "--task", "cartpole_balance", "--episodes", 1, "--seed", 100, "--out",
              "held-out", *SHORT_EPISODES)
    assert says(made.model, "held-out") == ""
    assert "1 of 2 episodes are among those that" in says(made.model, first, "held-out")
    # By what they hold: under another name, and rendered otherwise.
    shutil.copy(second, shell.folder / "copy.h5")
    assert "1 of 1 episodes" in says(made.model, "copy.h5")
    shell.run("dr-collect", "--reenact", first, "--render", "exact", "--out", "again")
    assert "1 of 1 episodes" in says(made.model, "again")
    # What goes on from a model has learned from its episodes too; so has the model of a policy.
    assert "1 of 1 episodes" in says(made.policy, first)
    shell.run("dr-fit-model", "--init", made.model, "--data", "held-out", "--updates", 1, "--out",
              "further.h5", *TINY_MODEL)
    assert "3 of 3 episodes" in says("further.h5", made.episodes, "held-out")
    shell.run("dr-info", "--check", "further.h5")


def test_a_long_command_line_is_kept(shell, made):
    # More than the 64 KiB that HDF5 keeps in an object's header.
    episodes = sorted(made.episodes.glob("*.h5")) * 500
    shell.run("dr-imagine", "--model", made.model, "--data", *episodes, "--out", "d.h5", "--starts",
              1, "--context", 1, "--horizon", 1, "--threads", 1)
    argv = info(shell, "d.h5")["provenance"]["argv"]
    assert len(json.dumps(argv)) > 65536 and argv.count(str(episodes[0])) == 500


def test_replay_repeats_an_episode(shell, made):
    shell.run("dr-collect", "--reenact", made.episode, "--out", "again", "--render", "fast")
    again = shell.folder / shell.files("again/*.h5")[0]
    assert datasets(again) == datasets(made.episode)


def test_requirements_decide_the_status(shell):
    evaluate = ["dr-eval", "--task", "cartpole_balance", "--policy", "random", "--episodes", 1,
                *SHORT_EPISODES, "--require"]
    assert len(shell.run(*evaluate, "mean>=0").lines()) == 1
    assert len(shell.run(*evaluate, "mean>1000", status=3).lines()) == 1
    shell.fails(*evaluate, "mood>1", status=2, says=["--require", "mood"])


def test_render_says_what_it_wrote(shell, made):
    for ending in ("mp4", "gif", "png"):
        line = shell.run("dr-render", made.dream, "--out", f"d.{ending}").lines()[0]
        assert line["format"] == ending and (shell.folder / line["video"]).stat().st_size > 100
    line = shell.run("dr-render", *sorted(made.episodes.glob("*.h5")), "--out", "e.mp4",
                     "--overlay", "--fps", 30).lines()[0]
    assert line["frames"] >= 41 and line["fps"] == 30
