"""What the programs print obeys the JSON Schemas, and the schemas are not stale."""

import json
import pathlib
import time

import h5py
import jsonschema
import numpy as np
import pytest
from conftest import SHORT_EPISODES, TINY_BEHAVIOR, TINY_MODEL

SCHEMAS = pathlib.Path(__file__).parents[2] / "schemas"


def schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


def obeys(name, line):
    jsonschema.Draft7Validator(schema(name)).validate(line)


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.schema.json")), ids=lambda p: p.name)
def test_schemas_are_schemas(path):
    jsonschema.Draft7Validator.check_schema(json.loads(path.read_text()))


def test_configuration_schema_is_what_the_programs_say(shell):
    said = shell.run("dr-fit-model", "--help-schema").stdout
    assert said == (SCHEMAS / "config.schema.json").read_text(), (
        "make it anew: dr-fit-model --help-schema >schemas/config.schema.json")


def test_configurations_obey_the_schema(shell):
    for program in ("dr-fit-model", "dr-fit-behavior", "dr-collect", "dr-info"):
        for preset in ("paper", "paper-gr", "quick", "state", "atari"):
            obeys("config", json.loads(
                shell.run(program, "--print-config", "--preset", preset).stdout))
    with pytest.raises(jsonschema.ValidationError):
        obeys("config", {"model": {"dpeth": 8}})


def test_episode_lines(shell):
    lines = shell.run("dr-collect", "--task", "cartpole_swingup", "--episodes", 2, "--envs", 2,
                      "--out", "new", *SHORT_EPISODES).lines()
    assert len(lines) == 2
    for line in lines:
        obeys("episode-line", line)
        assert (shell.folder / line["episode"]).is_file()
        assert line["length"] == 41


def test_metrics_of_both_fits(shell, made):
    lines = shell.run("dr-fit-model", "--data", made.episodes, "--updates", 4, "--log-every", 2,
                      "--out", "m.h5", *TINY_MODEL).lines()
    assert [line["update"] for line in lines] == [2, 4]
    for line in lines:
        obeys("metrics", line)
    assert "overhead_seconds" not in lines[0]
    lines = shell.run("dr-fit-model", "--data", made.episodes, "--updates", 1, "--out", "d.h5",
                      *TINY_MODEL, "model.discount_head=true").lines()
    assert "discount_loss" in lines[0]
    obeys("metrics", lines[0])
    lines = shell.run("dr-fit-behavior", "--model", "m.h5", "--data", made.episodes, "--updates", 3,
                      "--out", "p.h5", *TINY_BEHAVIOR).lines()
    assert [line["update"] for line in lines] == [3]
    obeys("metrics", lines[0])


@pytest.mark.parametrize("program,options", [
    ("dr-fit-model", TINY_MODEL), ("dr-fit-behavior", ["--model", "MODEL", *TINY_BEHAVIOR])])
def test_the_last_line_of_a_fit_says_how_long_it_took_besides_updates(shell, made, program, options):
    options = [made.model if word == "MODEL" else word for word in options]
    start = time.monotonic()
    first, last = shell.run(program, "--data", made.episodes, "--updates", 4, "--log-every", 2,
                            "--out", "out.h5", *options).lines()
    whole = time.monotonic() - start
    assert 0 < last["overhead_seconds"] < last["seconds"] < whole + 0.02  # clock ticks
    updates = 2 / first["updates_per_second"] + 2 / last["updates_per_second"]
    assert last["seconds"] - last["overhead_seconds"] <= updates + 0.02
    assert "overhead_seconds" not in first


def test_summaries_of_policy_and_model(shell, made):
    policy = shell.run("dr-eval", "--task", "cartpole_balance", "--policy", "random", "--episodes",
                       3, *SHORT_EPISODES).lines()
    assert len(policy) == 1 and policy[0]["episodes"] == 3 == len(policy[0]["returns"])
    obeys("summary", policy[0])
    low, high = policy[0]["ci95"]
    assert low <= policy[0]["mean"] <= high
    model = shell.run("dr-eval", "--model", made.model, "--data", made.episodes, "--starts", 3,
                      "--context", 2, "--horizon", 4, "--threads", 1).lines()
    assert len(model) == 1 and len(model[0]["by_horizon"]["psnr"]) == 4
    obeys("summary", model[0])
    ahead = {name: np.array(values) for name, values in model[0]["by_horizon"].items()}
    better = np.maximum(ahead["psnr_repeat_last"], ahead["psnr_mean_frame"])
    np.testing.assert_allclose(ahead["psnr_gain"], ahead["psnr"] - better, atol=1e-4)
    explained = 1 - 10 ** ((ahead["psnr_mean_frame"] - ahead["psnr"]) / 10)
    np.testing.assert_allclose(ahead["explained"], explained, atol=1e-4)
    for name in ("psnr_gain", "explained", "reward_mae"):
        assert abs(model[0][name] - ahead[name].mean()) < 1e-5
    assert abs(model[0]["psnr_gain_at_end"] - ahead["psnr_gain"][-1]) < 1e-5


def test_the_line_of_a_dream_is_what_the_file_holds(shell, made):
    imagine = ["dr-imagine", "--model", made.model, "--data", made.episodes, "--starts", 3,
               "--context", 2, "--horizon", 4, "--threads", 1]
    done = shell.run(*imagine, "--out", "dream.h5")
    line, = done.lines()
    obeys("dream-line", line)
    assert done.stderr == "" and line["dream"] == "dream.h5" and line["kind"] == "open_loop"
    assert (line["starts"], line["context"], line["horizon"]) == (3, 2, 4)
    with h5py.File(shell.folder / "dream.h5") as file:
        error = (file["image"][:, 2:].astype(float) - file["truth/image"][:, 2:]) / 255
        psnr = -10 * np.log10((error ** 2).mean((0, 2, 3, 4)))
        assert abs(line["psnr"] - psnr.mean()) < 1e-4
        mae = np.abs(file["reward"][:, 2:] - file["truth/reward"][:, 2:]).mean()
        assert abs(line["reward_mae"] - mae) < 1e-6
    line, = shell.run(*imagine, "--policy", made.policy, "--out", "own.h5").lines()
    obeys("dream-line", line)
    assert line["kind"] == "policy" and "psnr" not in line


def test_information_about_every_kind_of_file(shell, made):
    shell.run("dr-fit-model", "--data", made.episodes, "--updates", 1, "--out", "m.h5",
              "--dump-step", "step.h5", *TINY_MODEL)
    files = [made.episode, made.model, made.policy, made.dream, made.policy_dream,
             shell.folder / "step.h5"]
    lines = shell.run("dr-info", "--json", *files).lines()
    for line in lines:
        obeys("info", line)
    assert [line["format"].removeprefix("dreamer.") for line in lines] == [
        "episode", "model", "policy", "dream", "dream", "step"]
    checked = shell.run("dr-info", "--check", *files)
    assert checked.stdout.count(": ok\n") == len(files)
