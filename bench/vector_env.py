#!/usr/bin/env python3
"""How fast dr-collect steps a Gymnasium environment beside Gymnasium's AsyncVectorEnv, by turns.

    vector_env.py [--bin build/bin] [--tasks ID…] [--envs N] [--steps N] [--rounds N] [--json]

Both step --envs environments in processes of their own, with random actions, from which nothing is
drawn. AsyncVectorEnv steps them together and is timed from the first reset to the last step; our
side is whole runs of `dr-collect --task gym:ID --render none`, files and all, of which a short one is
subtracted: what starts the processes is no stepping. The ratio is of environment steps a second, the
median of the rounds. Run it with a Python that has Gymnasium; the machine must have nothing else to
do.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import gymnasium

ROOT = pathlib.Path(__file__).resolve().parents[1]


def steps_per_second_of_async(task, envs, steps):
    vector = gymnasium.make_vec(task, num_envs=envs, vectorization_mode="async")
    vector.reset(seed=0)
    vector.action_space.seed(0)
    begun = time.monotonic()
    for _ in range(steps // envs):
        vector.step(vector.action_space.sample())
    seconds = time.monotonic() - begun
    vector.close()
    return steps // envs * envs / seconds


def collected(options, task, episodes):
    """Steps and seconds of a run of dr-collect."""
    path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        done = subprocess.run(
            [options.bin / "dr-collect", "--task", f"gym:{task}", "--render", "none", "--envs",
             str(options.envs), "--episodes", str(episodes), "--out", folder, "--quiet"],
            check=True, text=True, stdout=subprocess.PIPE, env=os.environ | {"PATH": path})
        seconds = time.monotonic() - begun
    return sum(json.loads(line)["length"] - 1 for line in done.stdout.splitlines()), seconds


def steps_per_second_of_ours(options, task):
    few, begin = collected(options, task, options.envs)
    episodes = max(2 * options.envs, round(options.steps / (few / options.envs)))
    steps, seconds = collected(options, task, episodes)
    return (steps - few) / (seconds - begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/bin")
    parser.add_argument("--tasks", nargs="+", default=["CartPole-v1", "Pendulum-v1", "HalfCheetah-v5"])
    parser.add_argument("--envs", type=int, default=os.cpu_count())
    parser.add_argument("--steps", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for task in options.tasks:
        pairs = [(steps_per_second_of_async(task, options.envs, options.steps),
                  steps_per_second_of_ours(options, task)) for _ in range(options.rounds)]
        ratios = [ours / theirs for theirs, ours in pairs]
        theirs, ours = (statistics.median(side) for side in zip(*pairs))
        if options.json:
            print(json.dumps({"task": task, "envs": options.envs, "async": theirs, "ours": ours,
                              "ratios": ratios, "ratio": statistics.median(ratios)}), flush=True)
        else:
            print(f"{task:16} AsyncVectorEnv {theirs:8.0f} steps/s, dr-collect {ours:8.0f}, ratio "
                  f"{statistics.median(ratios):.2f} ({', '.join(f'{r:.2f}' for r in ratios)})",
                  flush=True)


if __name__ == "__main__":
    main()
