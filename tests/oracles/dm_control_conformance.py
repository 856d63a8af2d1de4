#!/usr/bin/env python3
"""Compares our tasks with Python dm_control, number for number.

Both get the same seed and the same random actions. State, observations and rewards must be equal
(largest absolute difference 0, at full precision), frames byte-equal. A second pass puts both into
states near the goal, so that sparse rewards are compared where they are not 0.

  dm_control_conformance.py [--tasks NAME…] [--seeds N…] [--repeats N…] [--episodes N] [--steps N]
      [--image-every N] [--quick]

Run it with the Python that has dm_control (.deps/venv/bin/python), after `cmake --build build
--target tests`. All twenty tasks with seeds 0 to 4 take about an hour, most of it rendering;
--image-every 0 leaves out the frames and takes a third of it. Episodes that dr-collect stores are
compared too, those of the first seed with their frames.

For each task a line says the largest difference, in how many numbers, and in how many rows the
reward was not 0; for a task with differences, the first of each kind and where it is. Exit status:
0 if all is equal, 1 if not.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

# NumPy's AVX-512 code rounds some functions unlike the C library, which both sides are to use, and
# that of its OpenBLAS fuses the multiplications and additions of a norm.
if "avx512f" in pathlib.Path("/proc/cpuinfo").read_text():
    os.environ.setdefault("NPY_DISABLE_CPU_FEATURES", "X86_V4 AVX512_ICL AVX512_SPR")
    os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")
os.environ.setdefault("MUJOCO_GL", "egl")

import numpy as np  # noqa: E402

CONTROL_STEPS = 1000
QUICKLY_COLLECTED = "reacher_easy"


def domain_and_name(task):
    """cup_catch -> cup, catch; point_mass_easy -> point_mass, easy."""
    from dm_control import suite
    known = {f"{domain}_{name}": (domain, name) for domain, name in suite.ALL_TASKS}
    return known.get(task) or tuple(task.split("_", 1))


class Oracle:
    """One dm_control environment behind the interface that ours has."""

    def __init__(self, task, seed, repeat):
        from dm_control import suite
        self.domain, name = domain_and_name(task)
        self.env = suite.load({"cup": "ball_in_cup"}.get(self.domain, self.domain), name,
                              task_kwargs={"random": seed})
        self.physics = self.env.physics
        self.repeat = repeat
        spec = self.env.action_spec()
        self.low, self.high = spec.minimum, spec.maximum
        model = self.physics.named.model
        self.drawn = {}
        if self.domain == "reacher":
            self.drawn["geom_pos_target"] = lambda: model.geom_pos["target"]
        elif task.startswith("finger_turn"):
            self.drawn["site_pos_target"] = lambda: model.site_pos["target"]

    def reset(self):
        self.seen = self.env.reset()
        self.reward = np.float32(0)

    def restore(self, qpos, qvel):
        self.physics.data.qpos[:] = qpos
        self.physics.data.qvel[:] = qvel
        self.physics.after_reset()
        self.seen = self.seen._replace(observation=self.env.task.get_observation(self.physics))

    def step(self, action):
        action = (action.astype(np.float64) + 1) / 2 * (self.high - self.low) + self.low
        total = 0.0
        for _ in range(self.repeat):
            self.seen = self.env.step(action)
            total += self.seen.reward
            if self.seen.last():
                break
        self.reward = np.float32(total)

    def row(self):
        """The columns of a row, by name, as environment_trace has them."""
        data = self.physics.data
        fields = ["qpos", "qvel", "qacc_warmstart", "time"] + ["act"] * (data.act.size > 0)
        columns = {"physics/" + name: getattr(data, name) for name in fields}
        columns |= {"model/" + name: get() for name, get in self.drawn.items()}
        columns |= {"observation/" + name: value for name, value in self.seen.observation.items()}
        columns["reward"] = self.reward
        columns["inner_reward"] = self.env.task.get_reward(self.physics)
        columns["last"] = self.seen.last()
        return {name: np.array(value, np.float64).ravel() for name, value in columns.items()}

    def frame(self):
        return self.physics.render(64, 64, camera_id=2 if self.domain == "quadruped" else 0)


def near_goal(oracle, draw):
    """A state in which the task's reward is not 0, or becomes so soon: qpos, qvel."""
    physics = oracle.physics
    qpos, qvel = physics.data.qpos.copy(), 0.1 * draw.standard_normal(physics.model.nv)
    if oracle.domain == "cartpole":
        qpos[:] = draw.uniform(-0.2, 0.2), draw.uniform(-0.05, 0.05)
    elif oracle.domain == "reacher":
        x, y = physics.named.model.geom_pos["target", :2] + draw.uniform(-0.01, 0.01, 2)
        wrist = np.arccos(np.clip(np.hypot(x, y) / 0.24, 0, 1))  # two links of 0.12
        qpos[:] = np.arctan2(y, x) - wrist, 2 * wrist
    elif oracle.domain in ("acrobot", "pendulum", "walker", "hopper", "cheetah"):
        qpos[:] = 0.05 * draw.standard_normal(qpos.size)
        qvel += {"walker": 4, "hopper": 1.5, "cheetah": 5}.get(oracle.domain, 0)
    elif oracle.domain == "cup":
        ball, target = physics.named.data.xpos["ball"], physics.named.data.site_xpos["target"]
        qpos[2:] += (target - ball)[[0, 2]]  # a slide along x, one along z
        qvel *= 0.1
    elif oracle.domain == "finger" and oracle.drawn:
        angle = np.arctan2(*(oracle.drawn["site_pos_target"]() - (0.2, 0, 0.4))[[0, 2]])
        qpos[2] = draw.uniform(-0.1, 0.1) - angle  # the tip points up at 0; the axis is -y
    elif oracle.domain == "finger":
        qvel[2] = -20
    elif oracle.domain == "quadruped":
        qpos[:7] = 0, 0, 0.6, 1, 0, 0, 0
        qvel[0] = 3
    return qpos, qvel


class Differences:
    """The largest absolute difference of each quantity, and how often rewards were not 0."""

    def __init__(self):
        self.largest, self.numbers, self.rewarded = {}, 0, 0

    def add(self, name, ours, theirs, where):
        ours, theirs = np.ravel(ours), np.ravel(theirs)
        if ours.shape != theirs.shape:
            sys.exit(f"{where}: {name} has {ours.size} numbers, dm_control's {theirs.size}")
        self.numbers += ours.size
        difference = np.abs(ours.astype(np.float64) - theirs)
        worst = float(difference.max()) if ours.size else 0.0
        if not worst <= self.largest.get(name, 0.0):  # also if it is not a number
            if self.largest.get(name, 0.0) == 0.0:
                at = int(difference.argmax())
                print(f"  {where}: {name}[{at}] is {ours[at]!r}, dm_control's {theirs[at]!r}")
            self.largest[name] = worst
        self.largest.setdefault(name, 0.0)

    def worst(self):
        return max(self.largest.values())


def compare_trace(program, task, seed, repeat, options, what, differences):
    """Runs dm_control, then ours on the same actions, and compares every row."""
    goal, images = what == "near goal", what == "frames"
    steps = options.steps or -(-CONTROL_STEPS // repeat)
    if options.quick and what != "random":
        steps = 2 * options.image_every if images else steps // 2
    draw = np.random.default_rng([seed, repeat, len(what)])
    oracle = Oracle(task, seed, repeat)
    actions = draw.uniform(-1, 1, (options.episodes, steps, oracle.low.size)).astype(np.float32)
    stdin, rows, frames = b"", [], []
    for episode in range(options.episodes):
        oracle.reset()
        if goal:
            start = near_goal(oracle, draw)
            oracle.restore(*start)
            stdin += start[0].tobytes() + start[1].tobytes()
        stdin += actions[episode].tobytes()
        for row in range(steps + 1):
            if row > 0:
                oracle.step(actions[episode, row - 1])
            rows.append(oracle.row())
            frames.append(oracle.frame() if images and row % options.image_every == 0 else None)

    ran = subprocess.run([program, task, str(seed), str(options.episodes), str(steps), str(repeat),
                          "exact" if images else "none", str(options.image_every or 1),
                          str(int(goal))],
                         input=stdin, stdout=subprocess.PIPE, check=True)
    header, _, data = ran.stdout.partition(b"\n")
    sizes = json.loads(header)
    if set(sizes) != set(rows[0]):
        sys.exit(f"{task}: we have {sorted(sizes)}, dm_control has {sorted(rows[0])}")
    at = 0
    for number, (theirs, frame) in enumerate(zip(rows, frames)):
        where = "{} seed {} repeat {} episode {} row {} ({})".format(
            task, seed, repeat, number // (steps + 1), number % (steps + 1), what)
        for name, size in sizes.items():
            differences.add(name, np.frombuffer(data, np.float64, size, at), theirs[name], where)
            at += 8 * size
        differences.rewarded += theirs["inner_reward"][0] != 0
        if frame is not None:
            differences.add("frame", np.frombuffer(data, np.uint8, frame.size, at), frame, where)
            at += frame.size
    if at != len(data):
        sys.exit(f"{task}: {len(data) - at} bytes left over")


def compare_collected(program, task, seed, repeat, options, render, differences):
    """Compares the episodes that dr-collect stores: float32 observations and rewards, frames."""
    import h5py
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "--task", task, "--policy", "random", "--seed", str(seed),
                        "--episodes", str(options.episodes), "--set",
                        f"collect.action_repeat={repeat}", "--render", render,
                        "--observations", "all", "--out", folder, "--quiet"],
                       stdout=subprocess.DEVNULL, check=True)
        oracle = Oracle(task, seed, repeat)
        paths = sorted(pathlib.Path(folder).glob("*.h5"))
        assert len(paths) == options.episodes, paths
        for path in paths:
            with h5py.File(path) as file:
                actions = file["action"][:]
                columns = {"physics/" + n: d[:] for n, d in file["physics"].items() if n != "model"}
                columns |= {"observation/" + n: d[:] for n, d in file["observation"].items()}
                columns["reward"] = file["reward"][:]
                image = file["image"][:] if "image" in file else None
                drawn = {n: d[:] for n, d in file.get("physics/model", {}).items()}
            for row, action in enumerate(actions):
                where = f"{path.name} repeat {repeat} row {row}"
                if row == 0:
                    oracle.reset()
                    for name, get in oracle.drawn.items():
                        differences.add("stored model/" + name, drawn[name], get(), where)
                else:
                    oracle.step(action)
                theirs = oracle.row()
                for name, values in columns.items():
                    differences.add("stored " + name, values[row],
                                    theirs[name].astype(values.dtype), where)
                if image is not None and row % options.image_every == 0:
                    differences.add("stored frame", image[row], oracle.frame(), where)
            assert oracle.seen.last(), f"{path} is not a whole episode"


def main():
    build = pathlib.Path(__file__).resolve().parents[2] / "build" / "bin"
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trace", default=build / "environment_trace",
                        help="our environment_trace; default: in build/bin")
    parser.add_argument("--collect", default=build / "dr-collect",
                        help="our dr-collect; default: in build/bin")
    parser.add_argument("--tasks", nargs="+", help="default: all of environment_trace")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--repeats", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--episodes", type=int, default=2, help="consecutive ones of a seed")
    parser.add_argument("--steps", type=int, help="agent steps an episode; default: all of it")
    parser.add_argument("--image-every", type=int, default=25,
                        help="compare the frame of every so manieth row; 0: of none; default: 25")
    parser.add_argument("--quick", action="store_true", help="what a test suite has time for")
    options = parser.parse_args()
    if options.quick:
        options.seeds, options.repeats, options.steps, options.image_every = [7], [2], 50, 3
    tasks = options.tasks or subprocess.run([options.trace], stdout=subprocess.PIPE, text=True,
                                            check=True).stdout.split()

    images = options.image_every > 0 and not options.quick
    bad, drawn_domains = 0, set()
    for task in tasks:
        began, differences = time.monotonic(), Differences()
        passes = ["random", "near goal", "frames"]
        seen = options.quick and domain_and_name(task)[0] in drawn_domains
        if seen or not options.image_every:
            passes.remove("frames")
        drawn_domains.add(domain_and_name(task)[0])
        for seed in options.seeds:
            for repeat in options.repeats:
                for what in passes:
                    compare_trace(options.trace, task, seed, repeat, options, what, differences)
                if not options.quick or task == QUICKLY_COLLECTED:
                    # Every row of an episode has a frame, which takes long: those of one seed do,
                    # as the frames of the others are compared above.
                    first = (seed, repeat) == (options.seeds[0], options.repeats[-1])
                    compare_collected(options.collect, task, seed, repeat, options,
                                      "exact" if images and first else "none", differences)
        worst = differences.worst()
        bad += worst != 0
        print(f"{task}: largest difference {worst:g} in {differences.numbers} numbers, rewards not "
              f"0 in {differences.rewarded} rows, {time.monotonic() - began:.1f} s")
        for name, value in differences.largest.items():
            if value != 0:
                print(f"  {name}: {value:g}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
