"""The tasks from the command line: their list, episodes with physics, re-rendering them."""

import h5py
import numpy as np
import pytest
from PIL import Image
from conftest import assert_same_datasets
from schemas_test import obeys

SHORT = ["--set", "collect.action_repeat=100"]  # 11 rows
BLIND = ["--render", "none", "--observations", "all", *SHORT]


def test_the_list_of_tasks_is_for_people_and_for_programs(shell):
    lines = shell.run("dr-collect", "--list-tasks", "--json").lines()
    assert len(lines) == 20
    for line in lines:
        obeys("task-line", line)
        assert len(line["action_low"]) == len(line["action_high"]) == line["action_size"]
        assert 0 <= line["camera"] < len(line["cameras"])
    table = shell.run("dr-collect", "--list-tasks").stdout.splitlines()
    assert [row.split()[0] for row in table] == (
        ["task"] + [line["task"] for line in lines] + ["gym:ID", "atari:NAME", "exec:COMMAND"])


@pytest.mark.parametrize("wrong, right", [("walker-walk", "walker_walk"), ("cup_cach", "cup_catch"),
                                          ("quadruped", "quadruped_run")])
def test_a_wrong_task_names_the_nearest(shell, wrong, right):
    shell.fails("dr-collect", "--task", wrong, "--out", "x", status=2, says=[wrong, right])


def test_both_names_of_the_cup_are_known(shell):
    shell.run("dr-collect", "--task", "ball_in_cup_catch", "--out", "x", *BLIND)
    assert shell.files() == ["x/cup_catch-0000000000-000000.h5"]


@pytest.fixture
def episode(shell):
    """The second episode of reacher_easy, with images and physics."""
    shell.run("dr-collect", "--task", "reacher_easy", "--episodes", 2, "--out", "logged", "--render",
              "fast", "--observations", "all", *SHORT)
    return shell.folder / "logged" / "reacher_easy-0000000000-000001.h5"


def test_a_replay_is_the_episode(shell, episode):
    shell.run("dr-collect", "--replay", episode, "--out", "again", "--render", "fast",
              "--observations", "all")
    assert_same_datasets(episode, shell.folder / "again" / episode.name)


def test_a_replay_reads_no_more_than_it_needs(shell, episode):
    with h5py.File(episode, "r+") as file:
        file.attrs["source"] = "{broken"
    shell.run("dr-collect", "--reenact", episode, "--out", "again", "--render", "none")


def test_broken_physics_end_in_an_error_and_are_not_stored(shell, episode):
    with h5py.File(episode, "r+") as file:
        velocity = file["physics/qvel"][:]
        velocity[0] = 1e12
        del file["physics/qvel"]
        file["physics/qvel"] = velocity
    for _ in range(2):
        shell.fails("dr-collect", "--reenact", episode, "--out", "again", status=1,
                    says=[episode.name, "physics broke down in the first step", "no episode"])
    assert shell.files("again/**/*") == []


def test_an_episode_is_rerendered_at_any_size_from_any_camera(shell, episode):
    line = shell.run("dr-render", "--size", 480, "--camera", 1, "--render", "fast", "--row", 3,
                     episode, "--out", "large.png").lines()[0]
    assert (line["height"], line["width"]) == (480, 480)
    line = shell.run("dr-render", "--size", 100, "--render", "fast", "--scale", 1, episode, "--out",
                     "film.mp4").lines()[0]
    assert (line["height"], line["width"], line["frames"]) == (100, 100, 11)


def test_rerendered_as_it_was_logged_it_is_the_logged_video(shell, episode):
    logged = shell.run("dr-render", episode, "--out", "logged.png", "--overlay")
    anew = shell.run("dr-render", episode, "--out", "anew.png", "--overlay", "--render", "fast")
    assert logged.lines()[0]["width"] == anew.lines()[0]["width"]
    assert (shell.folder / "logged.png").read_bytes() == (shell.folder / "anew.png").read_bytes()


def test_an_episode_without_physics_and_images_is_acted_again(shell, episode):
    shell.run("dr-collect", "--task", "reacher_easy", "--episodes", 2, "--out", "bare", "--render",
              "none", *SHORT)
    for folder in ("logged", "bare"):
        shell.run("dr-render", f"{folder}/{episode.name}", "--size", 32, "--render", "fast", "--out",
                  f"{folder}.png")
    assert (shell.folder / "logged.png").read_bytes() == (shell.folder / "bare.png").read_bytes()


def test_what_cannot_be_rerendered_is_refused_with_the_remedy(shell, episode, made):
    shell.fails("dr-render", "--camera", "foot", episode, "--out", "a.png", status=2,
                says=[episode.name, "no camera foot", r"0 \(fixed\), 1 \(hand\)"])
    shell.fails("dr-render", "--camera", "2", episode, "--out", "a.png", status=2, says="no camera 2")
    shell.fails("dr-render", "--size", 32, made.dream, "--out", "a.png", status=2, says="dream")
    shell.fails("dr-render", "--size", 0, episode, "--out", "a.png", status=2, says="--size")
    shell.fails("dr-render", "--size", 5000, episode, "--out", "a.png", status=2, says="4096")
    shell.fails("dr-render", "--render", "none", episode, "--out", "a.png", status=2, says="exact or fast")
    shell.fails("dr-render", "--row", 11, episode, "--out", "a.png", status=2, says="last one is 10")
    shell.fails("dr-render", "--row", 1, episode, "--out", "a.mp4", status=2, says="png")
    with h5py.File(episode, "r+") as file:
        del file["physics"]
        file["reward"][5] += 1
    shell.fails("dr-render", "--size", 32, episode, "--out", "a.png", status=1,
                says=[episode.name, "/physics", "row 5", "--observations all"])
    with h5py.File(episode, "r+") as file:
        del file["reward"]
    whole = next(path for path in episode.parent.iterdir() if path != episode)
    shell.fails("dr-collect", "--rerender", whole, episode, "--out", "again", status=1,
                says=f"error: {episode}: /reward is missing")
    assert not (shell.folder / "a.png").exists()


def test_episodes_rerendered_together_look_as_each_alone(shell, episode):
    both = shell.folder / "logged"
    options = ["--size", 32, "--render", "fast", "--row", 4, "--scale", 1]
    for name, files in {"a": ["logged/" + sorted(p.name for p in both.iterdir())[0]],
                        "b": [f"logged/{episode.name}"], "both": ["logged"]}.items():
        shell.run("dr-render", *options, "--columns", 2, *files, "--out", f"{name}.png")
    frames = {name: np.asarray(Image.open(shell.folder / f"{name}.png")) for name in ("a", "b", "both")}
    assert (frames["both"][:, :32] == frames["a"]).all()
    assert (frames["both"][:, -32:] == frames["b"]).all()
    assert (frames["a"] != frames["b"]).any()


def test_rerendering_loads_no_libtorch(shell, episode):
    traced = shell.run("dr-render", "--size", 32, episode, "--out", "a.png",
                       env={"LD_DEBUG": "libs"})
    assert "EGL" in traced.stderr or "OSMesa" in traced.stderr
    assert "libtorch" not in traced.stderr


def test_observations_are_named_as_in_dm_control(shell):
    named = {"walker_walk": {"orientations": 14, "height": 1, "velocity": 9},
             "finger_turn_hard": {"position": 4, "velocity": 3, "touch": 2, "target_position": 2,
                                  "dist_to_target": 1}}
    for task, observations in named.items():
        shell.run("dr-collect", "--task", task, "--out", ".", *BLIND)
        with h5py.File(next(shell.folder.glob(f"{task}*.h5"))) as file:
            assert {n: d.shape[1] for n, d in file["observation"].items()} == observations
            assert all(d.dtype == np.float32 for d in file["observation"].values())
            assert "image" not in file and file["physics/qpos"].dtype == np.float64


def without_images(path):
    """An episode's file as a logger without a renderer writes it; its images."""
    with h5py.File(path, "r+") as file:
        images = file["image"][:]
        del file["image"]
        for name in ("signature", "render"):
            del file.attrs[name]
    return images


def test_frames_are_drawn_from_logged_states(shell, episode):
    drawn = shell.folder / "drawn" / episode.name
    with h5py.File(episode, "r+") as file:
        file["reward"][3] = 77  # as logged, whatever a simulation would give
    images = without_images(episode)
    command = ["dr-collect", "--rerender", episode, "--out", "drawn", "--render", "fast"]
    line = shell.run(*command).lines()[0]
    obeys("episode-line", line)
    with h5py.File(episode) as before, h5py.File(drawn) as after:
        np.testing.assert_array_equal(after["image"][:], images)
        assert after["reward"][3] == 77 and after.attrs["render"] == "fast"
        for name in ("action", "observation/velocity", "physics/qpos"):
            np.testing.assert_array_equal(after[name][:], before[name][:])
    shell.run("dr-info", "--check", drawn)
    written = drawn.stat().st_mtime_ns
    assert shell.run(*command).lines() == [line] and drawn.stat().st_mtime_ns == written
    shell.fails(*command[:-1], "exact", status=1, says=[drawn.name, "--force"])
    shell.fails(*command, "--task", "walker_walk", status=2, says="--task")


def test_states_as_dm_control_gives_them_become_frames(shell):
    """ExORL's npz: vectors, actions, rewards and physics.get_state(), no images."""
    shell.run("dr-collect", "--task", "walker_walk", "--out", "ours", "--render", "exact",
              "--observations", "all", *SHORT)
    with h5py.File(sorted((shell.folder / "ours").iterdir())[0]) as file:
        images = file["image"][:]
        states = np.concatenate([file["physics/qpos"][:], file["physics/qvel"][:]], 1)
        (shell.folder / "exorl").mkdir()
        np.savez(shell.folder / "exorl" / "episode_0_10.npz", physics=states,
                 observation=np.concatenate([file[f"observation/{name}"][:].reshape(11, -1)
                                             for name in ("orientations", "height", "velocity")], 1),
                 action=file["action"][:], reward=file["reward"][:][:, None],
                 discount=file["discount"][:][:, None])
    shell.run("dr-import", "exorl", "--task", "walker_walk", "--action-repeat", 100, "--out", "logged")
    shell.run("dr-collect", "--rerender", "logged", "--out", "drawn", "--envs", 2)
    with h5py.File(sorted((shell.folder / "drawn").iterdir())[0]) as file:
        np.testing.assert_array_equal(file["image"][:], images)
        assert file["observation/observation"].shape == (11, 24)
    shell.run("dr-import", "exorl", "--task", "cartpole_swingup", "--out", "wrong")
    shell.fails("dr-collect", "--rerender", "wrong", "--out", "none", status=1,
                says=["a state of 18 values", "cartpole_swingup"])
