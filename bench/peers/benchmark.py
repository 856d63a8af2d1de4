#!/usr/bin/env python3
"""sheeprl's own published benchmark of dreamer_v1, and dr-train at the same sizes, by turns.

    benchmark.py --bin build/bin [--steps N] [--repeats N] [--threads N] [--record FILE]

The benchmark (sheeprl's configs/exp/dreamer_v1_benchmarks.yaml): 16,384 steps of Ms. Pac-Man, 1,024 of
them random, and from then on an update for every 16 steps, 960, each on 50 sequences of 50 rows, with
a toy of a model. A whole run of either program is timed, from its start to its end, with all that it
writes. Both play the same game: four frames to a step, no sticky actions, nine actions, three
channels, at most 256 steps to an episode of ours, which a game of this length never reaches the end
of. The programs take turns.

Needs peers/install.sh; --python names that environment's interpreter, which our game runs in, too.
"""

import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", "/tmp"))
RANDOM_STEPS, STEPS_PER_UPDATE, EPISODE = 1024, 16, 256
TASK = "atari:ms_pacman?" + "&".join((
    "repeat_action_probability=0", "full_action_space=false", "terminal_on_life_loss=false"))
SIZES = ("model.depth=2", "model.stoch=4", "model.deter=8", "model.hidden=8", "model.units=8",
         "behavior.units=8", "behavior.actor_layers=1")


def ours(options, folder):
    rounds = (options.steps - RANDOM_STEPS) // EPISODE
    command = [
        options.bin / "dr-train", "--task", TASK, "--preset", "paper", "--rounds", str(rounds),
        "--threads", str(options.threads), "--out", "run", "--set", *SIZES,
        f"collect.time_limit={4 * EPISODE}", f"train.prefill={RANDOM_STEPS // EPISODE}",
        "train.pretrain=0", "train.episodes=1", f"train.updates={EPISODE // STEPS_PER_UPDATE}",
        "train.evaluate_every=1000000"]
    path = f"{pathlib.Path(options.python).parent}:{os.environ['PATH']}"
    lines = run(command, folder, os.environ | {"PATH": path})
    episodes = [json.loads(line) for line in lines if line.startswith('{"episode"')]
    return sum(episode["length"] - 1 for episode in episodes)


def sheeprl(options, folder):
    command = [
        options.python, "-m", "sheeprl", "exp=dreamer_v1_benchmarks",
        f"algo.total_steps={options.steps}", f"buffer.size={options.steps}",
        "env.capture_video=False", f"num_threads={options.threads}"]
    run(command, folder, os.environ | {"OMP_NUM_THREADS": str(options.threads)})
    return options.steps


def run(command, folder, environment):
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"benchmark.py: error: {command[0]} ended with status {done.returncode}:\n"
                 f"{done.stderr[-2000:]}")
    return done.stdout.splitlines()


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--python", default=str(CACHE / "dreamer-peers/bin/python"))
    parser.add_argument("--steps", type=int, default=16384)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--record", type=pathlib.Path)
    options = parser.parse_args()
    options.bin = options.bin.resolve()
    seconds, steps = {"ours": [], "sheeprl": []}, {}
    for _ in range(options.repeats):
        for side, play in (("ours", ours), ("sheeprl", sheeprl)):
            with tempfile.TemporaryDirectory() as folder:
                begun = time.monotonic()
                steps[side] = play(options, folder)
                seconds[side].append(time.monotonic() - begun)
            print(f"{side:8} {seconds[side][-1]:8.1f} s  {steps[side]} steps", flush=True)
    ratio = statistics.median(seconds["sheeprl"]) / statistics.median(seconds["ours"])
    print(f"ratio {ratio:.1f} ({processor()}, {options.threads} threads)")
    if options.record:
        options.record.write_text(json.dumps({
            "date": datetime.date.today().isoformat(), "processor": processor(),
            "threads": options.threads, "updates": (options.steps - RANDOM_STEPS)
            // STEPS_PER_UPDATE, "steps": steps, "seconds": seconds, "ratio": ratio}, indent=2) + "\n")


if __name__ == "__main__":
    main()
