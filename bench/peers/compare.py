#!/usr/bin/env python3
"""Our update and sheeprl's in turn, ABAB…, in one run on one machine: medians, and their ratio.

    compare.py --bench build/bin/bench_update [--size small|paper] [--repeats N] [--record FILE]

Each side is a process that waits for its turn, so that neither pays for starting up and both meet
the same neighbours. The ratio is taken pair by pair. Needs peers/install.sh; --python names that
environment's interpreter.
"""

import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", "/tmp"))

SIZES = {
    "paper": ["--preset", "paper"],
    "small": ["--preset", "paper"] + [word for setting in (
        "model.depth=8", "model.stoch=20", "model.deter=128", "model.hidden=128", "model.units=128",
        "fit_model.batch=16", "fit_model.length=32", "behavior.batch=16", "behavior.length=32",
        "behavior.units=128") for word in ("--set", setting)],
}


class Side:
    """A process that does one update for every line it is given."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def update(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"compare.py: error: {self.process.args[0]} ended with status "
                     f"{self.process.wait()}; what it said is above")
        return json.loads(answer)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def compare(size, options):
    ours = [str(options.bench), *SIZES[size], "--threads", str(options.threads)]
    sizes = subprocess.run([*ours, "--print-config"], check=True, capture_output=True, text=True)
    peer = [str(options.python), str(HERE / "sheeprl_update.py"), "--sizes", sizes.stdout,
            "--threads", str(options.threads), *options.override]
    sides = {"ours": Side([*ours, "--on-request"]), "sheeprl": Side(peer)}
    for side in sides.values():
        side.update()  # both are up and warm before anything counts
    answers = {name: [] for name in sides}
    for _ in range(options.repeats):
        for name, side in sides.items():
            answers[name].append(side.update())
    for side in sides.values():
        side.end()
    seconds = {name: [a["seconds"] for a in given] for name, given in answers.items()}
    ratios = sorted(b / a for a, b in zip(seconds["ours"], seconds["sheeprl"]))
    return {
        "size": size, "repeats": options.repeats, "threads": options.threads,
        "date": datetime.date.today().isoformat(), "processor": processor(),
        "override": options.override,
        "seconds": {name: statistics.median(given) for name, given in seconds.items()},
        "peak_memory_gib": {name: given[-1]["peak_memory_gib"] for name, given in answers.items()},
        "ratio": statistics.median(ratios), "ratio_least": ratios[0], "ratio_most": ratios[-1],
        "all_seconds": seconds,
    }


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", type=pathlib.Path, required=True, help="our bench_update")
    parser.add_argument("--python", type=pathlib.Path,
                        default=CACHE / "dreamer-peers/bin/python")
    parser.add_argument("--size", choices=SIZES, action="append")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--record", type=pathlib.Path, help="write the JSON there, too")
    parser.add_argument("override", nargs="*", help="settings of sheeprl's")
    options = parser.parse_args()
    if not options.python.exists():
        sys.exit(f"compare.py: error: {options.python} is not there; run bench/peers/install.sh")
    results = []
    for size in options.size or ["small", "paper"]:
        r = compare(size, options)
        results.append(r)
        print(f"{size}: ours {r['seconds']['ours']:.3f} s, {r['peak_memory_gib']['ours']:.2f} GiB; "
              f"sheeprl {r['seconds']['sheeprl']:.3f} s, {r['peak_memory_gib']['sheeprl']:.2f} GiB; "
              f"sheeprl/ours {r['ratio']:.2f} ({r['ratio_least']:.2f} to {r['ratio_most']:.2f}), "
              f"{r['repeats']} pairs", flush=True)
    if options.record:
        options.record.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
