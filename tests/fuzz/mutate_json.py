"""Changes JSON and JSON Lines: values, names, nesting, spelling, bytes."""

import copy
import json

import mutate_bytes


class Raw:
    """Text that stands in JSON as it is, though it need not be JSON."""

    def __init__(self, text):
        self.text = text


def _values(rng):
    """Functions that make a value to put in a place."""
    return [
        lambda: None, lambda: True, lambda: False, lambda: 0, lambda: -1, lambda: 1,
        lambda: 0.5, lambda: 2**31, lambda: 2**53 + 1, lambda: 2**63 - 1, lambda: 2**63,
        lambda: 2**64, lambda: -2**63, lambda: 1e17, lambda: 1e308, lambda: -1e308, lambda: 5e-324,
        lambda: rng.choice([8, 16, 512, 4096, 8192, 65536, 10**6, 10**9]),
        lambda: Raw("1e999"), lambda: Raw("NaN"), lambda: Raw("-Infinity"), lambda: Raw("01"),
        lambda: Raw("9" * 400), lambda: Raw("0." + "3" * 5000), lambda: Raw("-0"), lambda: Raw(""),
        lambda: Raw("[" * 100000), lambda: Raw("[" * 50000 + "]" * 50000),
        lambda: Raw('{"a":' * 30000 + "1" + "}" * 30000), lambda: Raw('"\\ud800"'),
        lambda: Raw('"\\u0000\\u001b[31m"'), lambda: Raw('"\udcff\udcfe"'), lambda: Raw("'x'"),
        lambda: "", lambda: "x" * 100000, lambda: "a\nb\tc\x1b[2J", lambda: "../../etc/passwd",
        lambda: "/dev/zero", lambda: "{}", lambda: "é" * 300, lambda: "{} %s %n",
        lambda: [], lambda: {}, lambda: [[]], lambda: [1, "a", None], lambda: {"a": {"b": [1]}},
        lambda: list(range(2000)), lambda: {str(i): i for i in range(2000)},
    ]


def any_value(rng):
    return rng.choice(_values(rng))()


def as_bytes(text):
    """Text as it lies in a file; bytes that are not UTF-8 and lone surrogates are kept as such."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def mutate_line(text, rng):
    """One JSON value, changed in its structure."""
    root = [json.loads(text)]
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        holder, key = rng.choice(_places(root))
        _change(holder, key, rng)
    return _text(root[0])


def mutate(data, rng, kin):
    """A file of JSON or JSON Lines, as bytes; and in words what was changed."""
    if rng.random() < 0.25:
        return mutate_bytes.mutate(data, rng, kin)
    text = data.decode()
    if rng.random() < 0.15:
        return _respelled(text, rng)
    try:
        json.loads(text)
        lines, whole = [text], True
    except ValueError:
        lines, whole = text.splitlines(), False
    for _ in range(1 if whole else rng.choice([1, 1, 2, 5])):
        at = rng.randrange(len(lines))
        if lines[at].startswith(("{", "[")) and _is_json(lines[at]):
            lines[at] = mutate_line(lines[at], rng)
        else:
            lines[at] = rng.choice(["", "null", "{", "x" * 70000, "\0", "/", ".", "-"])
    changed = lines[0] if whole else "\n".join(lines) + "\n"
    return as_bytes(changed), "values of JSON changed"


def _is_json(text):
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _respelled(text, rng):
    ways = {
        "a byte order mark": lambda: b"\xef\xbb\xbf" + text.encode(),
        "UTF-16": lambda: text.encode("utf-16"),
        "Latin-1": lambda: text.replace("e", "é").encode("latin-1"),
        "CRLF": lambda: text.replace("\n", "\r\n").encode(),
        "no line ends": lambda: text.replace("\n", " ").encode(),
        "twice": lambda: (text + text).encode(),
        "nothing": lambda: b"",
        "a blank": lambda: b" ",
        "blank lines": lambda: ("\n" * 1000 + text).encode(),
        "a comment": lambda: ("// a comment\n" + text).encode(),
        "commas": lambda: text.replace("}", ",}").encode(),
        "a zero byte": lambda: text.encode().replace(b":", b":\0", 1),
        "one long line": lambda: b'{"a":"' + b"x" * 4_000_000 + b'"}\n',
        "many lines": lambda: text.encode() * (1_000_000 // max(1, len(text))),
    }
    name = rng.choice(sorted(ways))
    return ways[name](), name


def _places(root):
    """Every (holder, key) in it."""
    found, left = [], [root]
    while left:
        holder = left.pop()
        for key in holder.keys() if isinstance(holder, dict) else range(len(holder)):
            found.append((holder, key))
            if isinstance(holder[key], (dict, list)):
                left.append(holder[key])
    return found


def _change(holder, key, rng):
    way = rng.random()
    if way < 0.7:
        holder[key] = any_value(rng)
    elif way < 0.78:
        del holder[key]
        if not holder and isinstance(holder, list):
            holder.append({})
    elif way < 0.86 and isinstance(holder, dict):
        holder[rng.choice(["", "x", key + "x", "a\x1b[2J", "é", "x" * 70000])] = holder.pop(key)
    elif way < 0.93:
        holder[key] = [copy.deepcopy(holder[key])]
    else:
        holder[key] = {"a": copy.deepcopy(holder[key])}


def _text(value):
    """JSON as json.dumps writes it, but with Raw as it is."""
    raws = []

    def mark(raw):
        raws.append(raw)
        return f"@raw{len(raws) - 1}@"

    text = json.dumps(value, default=mark, ensure_ascii=False)
    for i, raw in enumerate(raws):
        text = text.replace(f'"@raw{i}@"', raw.text)
    return text
