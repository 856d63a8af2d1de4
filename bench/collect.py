#!/usr/bin/env python3
"""How fast dr-collect collects beside dm_control in Python, on this machine, by turns.

  collect.py [--bin BUILD/bin] [--tasks NAME…] [--rounds N] [--envs N] [--episodes N]
             [--steps N] [--json] [--at-least RATIO]

dm_control's side does what the Dreamer wrappers in Python do: dm_control's suite, one environment in
one process; every control step is followed by a 64x64 render of the task's camera, and the agent's
action is repeated for two control steps, of which each is rendered and the last one's image is kept.
Timed are `--steps` control steps after a warm-up, without imports, loading and the first frame.

Our side is a whole run of `dr-collect --render exact` with the same action repeat, from start to
exit: process, models, OpenGL, one render an agent step, compressing and writing the episode files.

Both use software OpenGL (llvmpipe, through EGL) and random actions. Frames are control steps, so the
ratio is that of experience a second. The first frames of an episode are compared with dm_control's,
byte by byte. A round is dm_control, then dr-collect; the ratio is the median of the rounds'.

Run it with the Python that has dm_control: .deps/venv/bin/python bench/collect.py
Exit status: 0; 1 if frames differ or a ratio is below --at-least.
"""
import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
REPEAT, SIZE, COMPARED = 2, 64, 25


class Wrapped:
    """A task as the Python wrappers of Dreamer give it to the agent."""

    def __init__(self, task, seed):
        from dm_control import suite
        known = {f"{domain}_{name}": (domain, name) for domain, name in suite.ALL_TASKS}
        domain, name = known[{"cup_catch": "ball_in_cup_catch"}.get(task, task)]
        self.env = suite.load(domain, name,
                              task_kwargs={"random": seed})
        self.camera = 2 if domain == "quadruped" else 0
        self.spec = self.env.action_spec()
        self.last = True

    def render(self):
        return self.env.physics.render(SIZE, SIZE, camera_id=self.camera)

    def reset(self):
        self.last = False
        self.env.reset()
        return self.render()

    def step(self, action):
        """action: in [-1,1]"""
        low, high = self.spec.minimum, self.spec.maximum
        action = (action.astype("float64") + 1) / 2 * (high - low) + low
        for _ in range(REPEAT):
            self.last = self.env.step(action).last()
            image = self.render()
            if self.last:
                break
        return image


def dm_control_worker(task, steps):
    """Prints wall and processor seconds of `steps` control steps."""
    import numpy as np
    env, draw = Wrapped(task, 0), np.random.default_rng(0)

    def act(agent_steps):
        for _ in range(agent_steps):
            if env.last:
                env.reset()
            env.step(draw.uniform(-1, 1, env.spec.shape).astype(np.float32))

    act(10)
    wall, cpu = time.monotonic(), time.process_time()
    act(steps // REPEAT)
    print(json.dumps([time.monotonic() - wall, time.process_time() - cpu]))


def compare_worker(task, path):
    """Prints how many frames of a collected episode differ from dm_control's."""
    import h5py
    env = Wrapped(task, 0)
    with h5py.File(path) as file:
        actions, images = file["action"][:COMPARED], file["image"][:COMPARED]
    frames = [env.reset()] + [env.step(action) for action in actions[1:]]
    print(json.dumps(sum(bool((ours != frame).any()) for ours, frame in zip(images, frames))))


def worker(*args):
    env = {**os.environ, "MUJOCO_GL": "egl"}
    done = subprocess.run([sys.executable, __file__, "--worker", *map(str, args)], check=True,
                          stdout=subprocess.PIPE, env=env)
    return json.loads(done.stdout)


def collect(program, task, options, folder):
    """Wall and processor seconds of a run of dr-collect."""
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([program, "--task", task, "--episodes", str(options.episodes), "--envs",
                    str(options.envs), "--out", folder, "--render", "exact", "--quiet", "--set",
                    f"collect.action_repeat={REPEAT}"], check=True, stdout=subprocess.DEVNULL)
    wall, after = time.monotonic() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(program, task, options):
    theirs, ours, different = [], [], 0
    frames = 1000 * options.episodes
    for number in range(options.rounds):
        theirs.append([seconds / options.steps
                       for seconds in worker("dm_control", task, options.steps)])
        with tempfile.TemporaryDirectory() as folder:
            ours.append([seconds / frames for seconds in collect(program, task, options, folder)])
            if number == 0:
                different = worker("compare", task, f"{folder}/{task}-0000000000-000000.h5")
    middle = lambda runs, i: statistics.median(run[i] for run in runs)  # noqa: E731
    return {"task": task,
            "dm_control": 1 / middle(theirs, 0), "dr_collect": 1 / middle(ours, 0),
            "ratios": [a[0] / b[0] for a, b in zip(theirs, ours)],
            "ratio": statistics.median(a[0] / b[0] for a, b in zip(theirs, ours)),
            "cpu_ratio": middle(theirs, 1) / middle(ours, 1),
            "frames_compared": COMPARED, "frames_different": different}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "bin")
    parser.add_argument("--tasks", nargs="+",
                        default=["cartpole_swingup", "walker_walk", "quadruped_walk"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--envs", type=int, default=os.cpu_count(), help="default: the cores")
    parser.add_argument("--episodes", type=int, help="default: twice the environments")
    parser.add_argument("--steps", type=int, default=500, help="control steps of dm_control a round")
    parser.add_argument("--at-least", type=float, default=0, metavar="RATIO")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each task")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        kind, task, argument = options.worker
        if kind == "dm_control":
            return dm_control_worker(task, int(argument))
        return compare_worker(task, argument)
    options.episodes = options.episodes or 2 * options.envs

    if not options.json:
        print("| task | dm_control, frames/s | dr-collect, frames/s | ratio (rounds) | processor "
              "time ratio | frames that differ |\n| --- | --- | --- | --- | --- | --- |")
    failed = False
    for task in options.tasks:
        result = measure(options.bin / "dr-collect", task, options)
        failed = failed or result["frames_different"] or result["ratio"] < options.at_least
        if options.json:
            print(json.dumps(result), flush=True)
        else:
            print("| {task} | {dm_control:.0f} | {dr_collect:.0f} | **{ratio:.1f}** ({rounds}) | "
                  "{cpu_ratio:.1f} | {frames_different} of {frames_compared} |".format(
                      rounds=", ".join(f"{r:.1f}" for r in result["ratios"]), **result), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
