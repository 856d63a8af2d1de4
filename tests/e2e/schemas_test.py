"""What the programs print obeys the JSON Schemas, and the schemas are not stale."""

import json
import pathlib
import time

import jsonschema
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
        for preset in ("paper", "paper-gr", "quick"):
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
    assert "seconds" not in lines[0]
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
    assert "seconds" not in first


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
