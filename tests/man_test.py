"""The manual pages say what the programs say, and mention nothing that does not exist.

    man_test.py --bin BIN_FOLDER --pages BUILT_MAN_FOLDER --source MAN_SOURCES --preset QUICK_JSON
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

failures = []
FOREIGN = {"sbatch"}  # other people's programs in the examples, whose options are theirs


def expect(condition, message):
    if not condition:
        failures.append(message)


def options_of(program):
    words = subprocess.run([program, "--help-complete"], check=True, text=True,
                           capture_output=True).stdout
    return {line.split("\t")[0] for line in words.splitlines()}


def rendered(page):
    done = subprocess.run(["man", "--warnings", "-l", str(page)], check=True, text=True,
                          capture_output=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "200",
                               "MANROFFOPT": "-c"})
    expect(not done.stderr, f"{page.name}: man warns: {done.stderr}")
    return done.stdout.replace("‐", "-").replace("−", "-")


def check_mentions(source, own, programs):
    """Every --word belongs to the program named last before it in its sentence or command, or to
    the page's own."""
    text = source.read_text().replace("\\\n", " ")
    for line in text.splitlines():
        current = own
        for word in re.finditer(r"(?<![\w/-])dr-[a-z]+(?:-[a-z]+)*|(?<![\w-])--[a-z][a-z-]*|sbatch", line):
            if word[0] in FOREIGN:
                current = word[0]
            elif current in FOREIGN and word[0].startswith("--"):
                continue
            elif word[0].startswith("dr-"):
                current = word[0] if word[0] in programs else current
                expect(word[0] in programs, f"{source.name}: there is no program {word[0]}")
            else:
                known = programs[current] if current else set().union(*programs.values())
                expect(word[0] in known, f"{source.name}: {current or 'no program'} has no {word[0]}")


def value_of(text):
    """The value that a page writes: 0.1, true, or a word."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def check_preset(text, preset):
    """The PRESETS section lists the departures of quick from paper, with their values."""
    listed = dict(re.findall(r"^\*([a-z_]+\.[a-z0-9_\\]+)\* = (\S+)$", text, re.MULTILINE))
    listed = {key.replace("\\", ""): value_of(text) for key, text in listed.items()}
    values = {f"{section}.{key}": value for section, settings in preset.items()
              for key, value in settings.items()}
    for key in values.keys() | listed.keys():
        expect(values.get(key) == listed.get(key),
               f"dr-fit-model: quick has {key} = {values.get(key)}, the page {listed.get(key)}")


def main():
    parser = argparse.ArgumentParser()
    for name in ("bin", "pages", "source", "preset"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    args = parser.parse_args()
    programs = {program.name: options_of(program) for program in sorted(args.bin.glob("dr-*"))}

    for program, options in programs.items():
        page = args.pages / "man1" / f"{program}.1"
        text = rendered(page)
        for heading in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS",
                        "FILES", "SEE ALSO"):
            expect(re.search(f"^{heading}$", text, re.MULTILINE), f"{program}: no {heading}")
        for option in options:
            expect(re.search(rf"^ +(-\w, ?)?{option}\b", text, re.MULTILINE),
                   f"{program}: {option} is not described")
        check_mentions(args.source / f"{program}.1.scd.in", program, programs)
    for name in ("dreamer.7", "dreamer-environment.7", "dreamer-files.5"):
        rendered(args.pages / f"man{name[-1]}" / name)
        check_mentions(args.source / f"{name}.scd", None, programs)
    check_preset((args.source / "dr-fit-model.1.scd.in").read_text(),
                 json.loads(args.preset.read_text()))

    print("\n".join(failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
