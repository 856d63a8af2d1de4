"""A policy as an ONNX graph: run by another program, step by step, it does what ours did."""

import json

import h5py
import numpy as np
import pytest
from conftest import SHORT_EPISODES, TINY_BEHAVIOR, TINY_MODEL
from altered_episodes import make_discrete

onnxruntime = pytest.importorskip("onnxruntime")

LONGEST_EPISODE = 1 << 24  # steps, to number all draws of a seed


def philox(key, update, index):
    """Philox4x32-10 (Salmon et al. 2011) in counter mode: four words."""
    c = [index & 0xFFFFFFFF, index >> 32, update & 0xFFFFFFFF, update >> 32]
    k = [key & 0xFFFFFFFF, key >> 32]
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, (p0 >> 32) ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def stream_key(seed, name):
    """FNV-1a of the name, mixed with the seed by splitmix64."""
    mask = (1 << 64) - 1

    def mix(x):
        x = (x + 0x9E3779B97F4A7C15) & mask
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & mask
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB & mask
        return x ^ (x >> 31)

    hashed = 0xCBF29CE484222325
    for byte in name.encode():
        hashed = (hashed ^ byte) * 0x100000001B3 & mask
    return mix(mix(mix(seed) ^ hashed))


def normals(seed, name, update, size):
    """Standard normal numbers of a stream, by Box and Muller."""
    key, values = stream_key(seed, name), []
    for block in range(-(-size // 4)):
        words = np.array(philox(key, update, block), np.uint64)
        unit = ((words >> np.uint64(8)).astype(np.float32) + 1) * np.float32(2.0**-24)
        for u, v in (unit[:2], unit[2:]):
            radius, angle = np.sqrt(-2 * np.log(u)), 2 * np.float32(np.pi) * v
            values += [radius * np.cos(angle), radius * np.sin(angle)]
    return np.array(values[:size], np.float32)[None]


def acted_by_onnx(path, episode):
    """The actions that the graph gives along an episode's observations, with its own noise."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    inputs = {x.name: x.shape for x in session.get_inputs()}
    with h5py.File(episode) as file:
        seed, index = int(file.attrs["seed"]), int(file.attrs["index"])
        rows = len(file["action"])
        seen = {name: file["image" if name == "image" else f"observation/{name}"][:]
                for name in inputs if name not in ("action", "stoch", "deter", "state_noise",
                                                   "action_noise")}
    state = {name: np.zeros(inputs[name], np.float32) for name in ("action", "stoch", "deter")}
    actions = []
    for t in range(rows - 1):
        draw = index * LONGEST_EPISODE + t
        feed = state | {name: values[t][None] for name, values in seen.items()}
        feed["state_noise"] = normals(seed, "act-posterior", draw, inputs["state_noise"][1])
        if "action_noise" in inputs:
            feed["action_noise"] = normals(seed, "act-sample", draw, inputs["action_noise"][1])
        out = dict(zip([x.name for x in session.get_outputs()], session.run(None, feed)))
        state = {name: out[f"next_{name}"] for name in state}
        actions.append(state["action"][0])
    return np.array(actions)


CASES = {
    "pixels": ([], []),
    "pixels, gru_v1, dithered": (["model.gru=gru_v1", "model.image_encoding=dithered",
                                  "model.image_center=false"], []),
    "pixels and vectors, symlog": (["model.observations=image,position,to_target",
                                    "model.vector_encoding=symlog"], ["--observations", "all"]),
    "vectors": (["model.observations=position,to_target,velocity"], ["--observations", "all"]),
}


@pytest.mark.parametrize("case", CASES)
def test_the_graph_acts_as_the_policy_does(shell, case):
    settings, observed = CASES[case]
    shell.run("dr-collect", "--task", "reacher_easy", "--out", "e", *SHORT_EPISODES, *observed)
    shell.run("dr-fit-model", "--data", "e", "--updates", 30, "--out", "model.h5", *TINY_MODEL, *settings)
    shell.run("dr-fit-behavior", "--model", "model.h5", "--data", "e", "--updates", 20, "--out",
              "policy.h5", *TINY_BEHAVIOR)
    line = shell.run("dr-export", "policy.h5", "--format", "onnx", "--out", "policy.onnx").lines()[0]
    assert line == {"file": "policy.onnx", "policy": "policy.h5"}
    shell.run("dr-collect", "--policy", "policy.h5", "--out", "acted", "--episodes", 2, "--seed", 5,
              *SHORT_EPISODES, "collect.noise=0", *observed)
    for episode in sorted((shell.folder / "acted").iterdir()):
        with h5py.File(episode) as file:
            ours = file["action"][1:]
        np.testing.assert_allclose(acted_by_onnx(shell.folder / "policy.onnx", episode), ours,
                                   atol=1e-5)


def test_groups_of_choices_are_one_hot(shell):
    shell.run("dr-collect", "--task", "reacher_easy", "--out", "e", "--render", "none",
              "--set", "collect.action_repeat=25")
    episode = next((shell.folder / "e").iterdir())
    make_discrete(episode, [3, 4])
    shell.run("dr-fit-model", "--data", "e", "--updates", 2, "--out", "model.h5", *TINY_MODEL)
    shell.run("dr-fit-behavior", "--model", "model.h5", "--data", "e", "--updates", 2, "--out",
              "policy.h5", *TINY_BEHAVIOR)
    shell.run("dr-export", "policy.h5", "--format", "onnx", "--out", "policy.onnx")
    actions = acted_by_onnx(shell.folder / "policy.onnx", episode)
    assert (actions[:, :3].sum(1) == 1).all() and (actions[:, 3:].sum(1) == 1).all()
    described = onnxruntime.InferenceSession(shell.folder / "policy.onnx").get_modelmeta()
    space = json.loads(described.custom_metadata_map["signature"])["action_space"]
    assert space["nvec"] == [3, 4]


def test_only_whole_policies_are_exported(shell, made):
    shell.fails("dr-export", made.model, "--format", "onnx", "--out", "x.onnx", status=1,
                says=["dreamer.policy is needed"])
    damaged = shell.folder / "damaged.h5"
    damaged.write_bytes(made.policy.read_bytes())
    with h5py.File(damaged, "r+") as file:
        weight = file["actor/hidden1/weight"][:, 1:]
        del file["actor/hidden1/weight"]
        file["actor/hidden1/weight"] = weight
    shell.fails("dr-export", damaged, "--format", "onnx", "--out", "x.onnx", status=1,
                says=["damaged.h5: /actor/hidden1/weight is", "damaged"])
    shell.fails("dr-export", made.policy, made.policy, "--format", "onnx", "--out", "x.onnx", status=2,
                says="one policy")
    shell.run("dr-export", made.policy, "--format", "onnx", "--out", "x.onnx")
    shell.fails("dr-export", made.policy, "--format", "onnx", "--out", "x.onnx", status=1, says="--force")
    assert shell.files() == ["damaged.h5", "x.onnx"]
