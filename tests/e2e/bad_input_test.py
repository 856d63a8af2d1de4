"""Bad input and bad circumstances: one clear line, the documented status, nothing lost."""

import json
import os
import shutil

import h5py
import numpy as np
import pytest
from conftest import as_version_1_0, datasets, SHORT_EPISODES, TINY_BEHAVIOR, TINY_MODEL

ROOT = os.geteuid() == 0


@pytest.fixture
def fit(shell, made):
    """Options of a model fit whose data a test gives."""
    return ["dr-fit-model", "--updates", 1, "--out", "out.h5", *TINY_MODEL, "--data"]


def copy(shell, source, name):
    return shutil.copy(source, shell.folder / name)


def leaves_nothing(shell, *but):
    assert sorted(shell.files()) == sorted(but)


# --- Files that are not what they should be --------------------------------------------------------

BAD_FILES = {
    "missing.h5": None,
    "empty.h5": b"",
    "text.h5": b"This is no HDF5 file.\n" * 100,
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_unreadable_files_are_named(shell, made, fit, name):
    if BAD_FILES[name] is not None:
        (shell.folder / name).write_bytes(BAD_FILES[name])
    before = shell.files()
    shell.fails("dr-info", name, status=1, says=name)
    shell.fails("dr-info", "--check", name, status=1, says=name)
    shell.fails(*fit, name, status=1, says=name)
    shell.fails("dr-imagine", "--model", name, "--data", made.episodes, "--out", "out.h5", status=1,
                says=name)
    shell.fails("dr-fit-behavior", "--model", name, "--data", made.episodes, "--updates", 1,
                "--out", "out.h5", status=1, says=name)
    shell.fails("dr-eval", "--task", "cartpole_balance", "--policy", name, status=1, says=name)
    shell.fails("dr-render", name, "--out", "out.mp4", status=1, says=name)
    assert shell.files() == before


@pytest.mark.parametrize("kind", ["episode", "model", "policy", "dream"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_truncated_files_are_refused(shell, made, kind, share):
    whole = getattr(made, kind).read_bytes()
    (shell.folder / "torn.h5").write_bytes(whole[:int(len(whole) * share)])
    shell.fails("dr-info", "--check", "torn.h5", status=1, says="torn.h5")


def test_a_flipped_bit_in_a_frame_is_found(shell, made):
    path = copy(shell, made.episode, "flipped.h5")
    with h5py.File(path) as file:
        place = file["image"].id.get_chunk_info(0)
    data = bytearray((shell.folder / "flipped.h5").read_bytes())
    data[place.byte_offset + place.size // 2] ^= 1
    (shell.folder / "flipped.h5").write_bytes(data)
    result = shell.run("dr-info", "--check", "flipped.h5", status=None)
    assert result.status in (1, 3) and "flipped.h5" in result.stdout + result.stderr
    shell.fails("dr-fit-model", "--updates", 1, "--out", "out.h5", *TINY_MODEL, "--data",
                "flipped.h5", status=1, says=["flipped.h5", "/image"])


def test_a_foreign_hdf5_file_is_refused(shell, fit):
    with h5py.File(shell.folder / "foreign.h5", "w") as file:
        file["x"] = np.arange(3)
    shell.fails("dr-info", "foreign.h5", status=1, says="foreign.h5")
    shell.fails(*fit, "foreign.h5", status=1, says="foreign.h5")
    leaves_nothing(shell, "foreign.h5")


def test_newer_major_versions_are_refused_and_newer_minor_ones_read(shell, made, fit):
    path = copy(shell, made.episode, "version.h5")
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = "2.0"
    shell.fails(*fit, "version.h5", status=1, says=["version.h5", r"2\.0"])
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = "1.7"
        file["something_new"] = np.arange(3)
    shell.run(*fit, "version.h5")


def test_a_file_of_another_kind_is_refused(shell, made, fit):
    shell.fails(*fit, made.model, status=1, says=[made.model.name, "dreamer.model"])
    shell.fails("dr-imagine", "--model", made.episode, "--data", made.episodes, "--out", "o.h5",
                status=1, says=[made.episode.name, "dreamer.episode"])
    shell.fails("dr-eval", "--task", "cartpole_balance", "--policy", made.model, status=1,
                says=[made.model.name, "dreamer.model"])


def test_what_breaks_its_layout_is_a_no(shell, made):
    path = copy(shell, made.episode, "broken.h5")
    with h5py.File(path, "r+") as file:
        del file["reward"]
    result = shell.run("dr-info", "--check", "broken.h5", status=3)
    assert "/reward" in result.stdout and result.stderr == ""


def test_data_that_are_not_finite_are_refused_with_their_row(shell, made, fit):
    path = copy(shell, made.episode, "nan.h5")
    with h5py.File(path, "r+") as file:
        file["reward"][7] = np.nan
    shell.fails(*fit, "nan.h5", status=1, says=["nan.h5", "/reward", "7", "finite"])
    leaves_nothing(shell, "nan.h5")


# --- Files that do not fit together ----------------------------------------------------------------

def test_a_policy_of_another_task_is_refused(shell, made):
    for command in (["dr-collect", "--out", "new", "--episodes", 1], ["dr-eval"]):
        shell.fails(*command, "--task", "reacher_easy", "--policy", made.policy, status=1,
                    says=["policy.h5", "action"])
    assert not shell.files()


def test_episodes_of_other_shapes_are_refused(shell, made, fit):
    shell.fails(*fit, made.episodes, made.other_task, status=1, says=["reacher_easy", "agree"])
    path = copy(shell, made.episode, "wide.h5")
    with h5py.File(path, "r+") as file:
        action = np.repeat(file["action"][:], 2, axis=1)
        del file["action"]
        file["action"] = action
        file["action"].attrs["dims"] = "T,A"
    shell.fails(*fit, made.episodes, "wide.h5", status=1, says=["wide.h5", "action"])
    os.remove(path)
    model = ["--model", made.model, "--data", made.other_task]
    shell.fails("dr-imagine", *model, "--out", "o.h5", status=1, says="an action is 2 values")
    shell.fails("dr-eval", *model, status=1, says="an action is 2 values")
    shell.fails("dr-fit-behavior", *model, "--updates", 1, "--out", "o.h5", status=1,
                says="an action is 2 values")
    assert not shell.files()


def test_images_of_another_size_are_refused(shell, made, fit):
    path = copy(shell, made.episode, "small.h5")
    with h5py.File(path, "r+") as file:
        image = file["image"][:, ::2, ::2]
        del file["image"]
        file["image"] = image
        file["image"].attrs["dims"] = "T,H,W,C"
    shell.fails(*fit, "small.h5", status=1, says=["small.h5", "32x32"])
    shell.fails("dr-imagine", "--model", made.model, "--data", "small.h5", "--out", "o.h5",
                status=1, says=["small.h5", "32x32"])


def claim(path, group, name, size):
    """Makes the settings or the signature of a model say another size."""
    with h5py.File(path, "r+") as file:
        if group == "provenance":
            config = json.loads(file["provenance"].attrs["config"])
            config["model"][name] = size
            file["provenance"].attrs["config"] = json.dumps(config)
        elif name in ("deter", "depth"):
            config = json.loads(file["model"].attrs["config"])
            config[name] = size
            file["model"].attrs["config"] = json.dumps(config)
        elif group == "signature":
            signature = json.loads(file["model"].attrs["signature"])
            space = (signature["action_space"] if name == "action" else
                     signature["observation_space"]["subspaces"][name])
            space["shape"] = size
            file["model"].attrs["signature"] = json.dumps(signature)
        else:
            file["model"].attrs[name] = size


@pytest.mark.parametrize("version, group, name, size, says", [
    ("1.0", "provenance", "deter", 8192, "dense/weight is 64x12, .* 64x8196"),
    ("1.0", "provenance", "depth", 512, "conv1/weight is 2x3x4x4, .* 512x3x4x4"),
    ("1.0", "model", "action_size", 1 << 60, "the action is"),
    ("1.0", "model", "image", [64, 64, 1 << 60], "observation image is 64x64x"),
    ("1.1", "model", "deter", 8192, "dense/weight is 64x12, .* 64x8196"),
    ("1.1", "model", "depth", 512, "conv1/weight is 2x3x4x4, .* 512x3x4x4"),
    ("1.1", "signature", "action", [1 << 60], "the action is"),
    ("1.1", "signature", "image", [64, 64, 1 << 30], "observation image is 64x64x")])
def test_sizes_that_only_the_settings_of_a_file_claim_take_no_memory(shell, made, fit, version, group,
                                                                     name, size, says):
    path = copy(shell, made.model, "claims.h5")
    if version == "1.0":
        as_version_1_0(path)
    claim(path, group, name, size)
    data = ["--data", made.episodes]
    for command in (["dr-eval", "--model", path, *data], [*fit, made.episodes, "--init", path],
                    ["dr-train", "--task", "cartpole_balance", "--rounds", 1, "--out", "run",
                     "--init-model", path, *data, *TINY_MODEL, "--set", "collect.action_repeat=25"]):
        shell.fails(*command, status=None, says=["claims.h5", says])
    leaves_nothing(shell, "claims.h5")


def test_going_on_with_other_sizes_is_refused(shell, made, fit):
    shell.fails(*fit, made.episodes, "--init", made.model, "--set", "model.deter=16", status=2,
                says=["model.h5", "model.deter"])


def test_an_empty_list_of_episodes_is_refused(shell, fit):
    os.mkdir(shell.folder / "nothing")
    shell.fails(*fit, "nothing", status=1, says="no episodes in nothing")
    shell.fails(*fit, "-", status=1, says="no episodes")


def test_hdf5_on_standard_input_is_a_usage_error(shell, made, fit):
    result = shell.pipe(f"dr-fit-model --data - --updates 1 --out o.h5 <{made.episode}", status=2)
    assert "give its path" in result.stderr


def test_unknown_tasks_name_the_nearest(shell):
    shell.fails("dr-collect", "--task", "cartpole_swingpu", "--out", "x", status=2,
                says="cartpole_swingup")


# --- Outputs ---------------------------------------------------------------------------------------

def outputs(made):
    model = ["--model", made.model, "--data", made.episodes]
    return {
        "dr-fit-model": ["--data", made.episodes, "--updates", 1, *TINY_MODEL],
        "dr-fit-behavior": [*model, "--updates", 1, *TINY_BEHAVIOR],
        "dr-imagine": [*model, "--starts", 1, "--context", 2, "--horizon", 2, "--threads", 1],
        "dr-render": [made.dream],
    }


@pytest.mark.parametrize("program", ["dr-fit-model", "dr-fit-behavior", "dr-imagine", "dr-render"])
def test_an_output_that_exists_is_replaced_only_by_force(shell, made, program):
    out = shell.folder / ("o.png" if program == "dr-render" else "o.h5")
    out.write_bytes(b"precious")
    command = [program, *outputs(made)[program], "--out", out.name]
    shell.fails(*command, status=1, says=[out.name, "exists", "--force"])
    assert out.read_bytes() == b"precious"
    shell.run(*command, "--force")
    assert out.read_bytes() != b"precious"
    leaves_nothing(shell, out.name)


@pytest.mark.parametrize("program", ["dr-fit-model", "dr-fit-behavior", "dr-imagine", "dr-render"])
def test_an_output_folder_must_exist(shell, made, program):
    name = "none/o.png" if program == "dr-render" else "none/o.h5"
    shell.fails(program, *outputs(made)[program], "--out", name, status=1, says="none")


@pytest.mark.skipif(ROOT, reason="root may write everywhere")
def test_an_output_folder_must_be_writable(shell, made):
    os.mkdir(shell.folder / "locked", 0o500)
    for program, options in outputs(made).items():
        name = "locked/o.png" if program == "dr-render" else "locked/o.h5"
        shell.fails(program, *options, "--out", name, status=1, says="locked")


@pytest.mark.parametrize("program", ["dr-fit-model", "dr-fit-behavior", "dr-imagine", "dr-render"])
def test_a_full_disk_leaves_nothing(shell, made, program):
    name = "o.png" if program == "dr-render" else "o.h5"
    # The limit on the size of files meets a write as a full disk does. bash has it in KiB.
    arguments = " ".join(map(str, outputs(made)[program]))
    result = shell.pipe(f"trap '' XFSZ; ulimit -f 4; {program} {arguments} --out {name}", status=1)
    assert result.stderr.count("error:") == 1 and name in result.stderr
    leaves_nothing(shell)


def test_a_full_disk_loses_no_finished_episode(shell):
    collect = ["dr-collect", "--task", "cartpole_balance", "--out", "e", *SHORT_EPISODES]
    shell.run(*collect, "--episodes", 1)
    before = datasets(shell.folder / shell.files()[0])
    words = " ".join(map(str, collect))
    result = shell.pipe(f"trap '' XFSZ; ulimit -f 4; {words} --episodes 3", status=1)
    assert result.stderr.count("error:") == 1
    assert len(shell.files()) == 1
    assert datasets(shell.folder / shell.files()[0]) == before


def test_an_episode_of_other_origin_is_not_overwritten(shell):
    collect = ["dr-collect", "--task", "cartpole_balance", "--episodes", 1, "--out", "e",
               *SHORT_EPISODES]
    shell.run(*collect)
    before = datasets(shell.folder / shell.files()[0])
    shell.fails(*collect, "collect.action_hold=5", status=1, says=["exists", "--force"])
    assert datasets(shell.folder / shell.files()[0]) == before
    shell.run(*collect, "collect.action_hold=5", "--force")
    assert datasets(shell.folder / shell.files()[0]) != before


def test_episodes_too_short_for_a_prediction_say_what_fits(shell, made):
    model = ["--model", made.model, "--data", made.episodes]  # of 41 rows
    short = ["longest episode has 41 rows", "--context 5 --horizon 45 need 50", "--horizon 36 or less"]
    shell.fails("dr-imagine", *model, "--out", "d.h5", status=1, says=short)
    shell.fails("dr-eval", *model, "--horizon", 45, status=1, says=short)
    shell.run("dr-imagine", *model, "--horizon", 36, "--starts", 1, "--out", "d.h5")
    shell.fails("dr-imagine", *model, "--context", 41, "--out", "e.h5", status=1,
                says=["--context 40 or less with --horizon 1"])
    shell.fails("dr-imagine", *model, "--policy", made.policy, "--context", 42, "--out", "e.h5",
                status=1, says=["--context 42 needs 42", "--context 41 or less"])


# --- The machine -----------------------------------------------------------------------------------

def test_no_opengl_says_what_to_install(shell):
    collect = ["dr-collect", "--task", "cartpole_balance", "--episodes", 1, "--out", "e",
               *SHORT_EPISODES]
    shell.fails(*collect, status=2, env={"MUJOCO_GL": "bogus"}, says=["MUJOCO_GL", "egl", "osmesa"])
    # Libraries that cannot be loaded stand before the real ones.
    for name in ("libEGL.so.1", "libEGL.so", "libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so"):
        (shell.folder / name).touch()
    before = shell.files()
    shell.fails(*collect, status=1, env={"LD_LIBRARY_PATH": str(shell.folder)},
                says=["OpenGL", "(?i)egl", "(?i)osmesa", "install"])
    assert shell.files() == before


@pytest.mark.parametrize("name", ["egl", "osmesa"])
def test_both_ways_of_headless_rendering_give_the_same_episodes(shell, made, name):
    shell.run("dr-collect", "--task", "cartpole_balance", "--episodes", 1, "--out", "e",
              *SHORT_EPISODES, env={"MUJOCO_GL": name})
    assert datasets(shell.folder / shell.files()[0]) == datasets(made.episode)
