"""The parts of the library include each other in one direction only.

    layering_test.py LIB_FOLDER

MAY_INCLUDE is that direction. A part that needs another that is not in its list belongs elsewhere,
or what it needs does.
"""

import pathlib
import re
import sys

# Without LibTorch: one shared library, `dreamer`.
BASE = {
    "core": set(),
    "config": {"core"},
    "io": {"core"},
    "env": {"core"},
    "data": {"core", "io"},
    "compare": {"core"},
    "media": {"core", "io", "data", "compare"},
    "logged": {"core", "io", "data", "media"},
    "tables": {"core", "io", "logged"},  # opened by logged at run time, behind array_file.h
    "video": {"core", "media"},  # opened by media at run time, behind media/encoder.h
    "portable": {"core", "config", "io"},  # opened by dr-export at run time
    "collect": {"core", "config", "io", "env", "data"},
    "learner": {"core", "config", "io", "env", "data", "collect"},
    "cli": {"core", "config", "io", "data", "learner"},
}
# With LibTorch: `dreamer_learn`, which implements what learner/learner.h declares.
LEARN = {
    "ops": {"core"},
    "model": {"core", "config", "io", "data", "ops"},
    "behavior": {"core", "config", "io", "data", "ops", "model"},
    "agent": {"core", "config", "io", "data", "collect", "learner", "ops", "model", "behavior"},
    "update": {"core", "config", "io", "data", "ops", "model", "behavior", "agent"},
    "dream": {"core", "config", "io", "data", "media", "learner", "ops", "model", "behavior", "agent"},
    "run": {"core", "config", "io", "env", "data", "compare", "collect", "learner", "ops", "model",
            "behavior", "agent", "update", "dream"},
}
MAY_INCLUDE = BASE | LEARN

INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^">]+)[">]')


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if found := INCLUDE.match(line):
            yield number, found[1]


def violations(lib):
    for path in sorted(lib.rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        part = path.relative_to(lib).parts[0]
        if part not in MAY_INCLUDE:
            yield f"{path}: {part} is no part that layering_test.py knows; add it there"
            continue
        for number, name in includes(path):
            other = name.split("/")[0]
            if (lib / name).is_file() and other != part and other not in MAY_INCLUDE[part]:
                allowed = ", ".join(sorted(MAY_INCLUDE[part])) or "nothing"
                yield f"{path}:{number}: {part} includes {name}, but may include only: {allowed}"
            if part in BASE and re.match(r"(torch|ATen|c10)/", name):
                yield f"{path}:{number}: {part} includes {name}: LibTorch stays in {', '.join(LEARN)}"


def is_an_order():
    parts = list(MAY_INCLUDE)
    return all(parts.index(other) < parts.index(part)
               for part in parts for other in MAY_INCLUDE[part])


def main():
    assert is_an_order(), "MAY_INCLUDE is not an order"
    found = list(violations(pathlib.Path(sys.argv[1])))
    print("\n".join(found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
