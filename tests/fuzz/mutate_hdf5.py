"""Changes the structure of an HDF5 file through h5py: types, shapes, filters, links, extents.

A change knows what must come of it: READS, as the file says the same as before in another form;
REFUSED, as it says what `dr-info --check` must not accept; or None, where either may be right.
"""

import json
import math
import os

import h5py
import numpy as np

import mutate_json

READS, REFUSED = "reads", "refused"
FIFO, CANARY, CANARY_RAW = "fifo", "canary.h5", "canary.raw"  # in the working folder; not to be read
MOST_VALUES = 1 << 22  # that a change itself takes into memory
HUGE = [2**20, 2**31 - 1, 2**31, 2**32, 2**40, 2**60, 2**63 - 1]


def open_file(path, mode, **options):
    """Opens a file without HDF5's lock: a program that another thread starts just then keeps the
    descriptor, and the lock with it, until it is on its own, and the next opening here would fail."""
    return h5py.File(path, mode, locking=False, **options)


def mutate(path, rng):
    """Changes a file in place. What must come of it, and in words what was changed."""
    words, outcomes = [], []
    if rng.random() < 0.3:
        words.append(rewrite(path, rng))
        outcomes.append(READS)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        change = rng.choices(CHANGES, WEIGHTS)[0]
        with open_file(path, "r+") as file:
            try:
                outcome, what = change(file, rng)
            except (AttributeError, LookupError, ValueError, TypeError, OSError, RuntimeError,
                    OverflowError) as e:
                outcome, what = None, f"{change.__name__} failed halfway: {e}"
        words.append(what)
        outcomes.append(outcome)
    if all(outcome == READS for outcome in outcomes):
        return READS, "; ".join(words)
    return REFUSED if outcomes == [REFUSED] else None, "; ".join(words)


def rewrite(path, rng):
    """The same contents in another version of the format, or behind a block of the user's."""
    options = rng.choice([{"libver": "earliest"}, {"libver": "v108"}, {"libver": "latest"},
                          {"userblock_size": 512}, {"libver": "earliest", "track_order": True},
                          {"fs_strategy": "page", "fs_persist": True}])
    old = path + ".old"
    os.rename(path, old)
    with open_file(old, "r") as source, open_file(path, "w", **options) as file:
        for name in source:
            source.copy(name, file)
        for name in source.attrs:
            file.attrs[name] = source.attrs[name]
    os.remove(old)
    return f"rewritten with {options}"


# --- Places ------------------------------------------------------------------------------------------

def _objects(file):
    names = []
    file.visit(names.append)  # each object once, whatever links there are
    return ["/", *names]


def _datasets(file, rng):
    """A dataset: the few that the programs look at first as often as the many parameters."""
    names = [n for n in _objects(file) if isinstance(file.get(n), h5py.Dataset)]
    short = [n for n in names if n.count("/") <= 1]
    return rng.choice(short if short and rng.random() < 0.6 else names)


def _attribute(file, rng):
    """(object, name) of some attribute, `dims` of datasets seldom."""
    places = [(o, a) for o in _objects(file) if isinstance(file.get(o), (h5py.Group, h5py.Dataset))
              for a in file[o].attrs]
    rest = [place for place in places if place[1] != "dims"]
    return rng.choice(rest if rest and rng.random() < 0.85 else places)


def _replace(file, name, **options):
    """Creates a dataset in the place of another, with its attributes."""
    kept = dict(file[name].attrs)
    del file[name]
    made = file.create_dataset(name, **options)
    for key, value in kept.items():
        made.attrs[key] = value
    return made


def _values_of(data):
    """All values of a dataset, unless a change before this one made it huge."""
    if math.prod(data.shape or ()) > MOST_VALUES:
        raise ValueError(f"{data.shape} is too much to read")
    return data[()]


def _zeros(shape, kind):
    if math.prod(shape) > MOST_VALUES:
        raise ValueError(f"{shape} is too much to write")
    return np.zeros(shape, kind)


# --- Attributes --------------------------------------------------------------------------------------

def _values(rng):
    """Values of every type and shape, by a name for each."""
    text = np.dtype("S4")
    enum = h5py.enum_dtype({"RED": 0, "GREEN": 1}, basetype="i1")
    pair = np.dtype([("x", "f4"), ("y", "i8")])
    return {
        **{kind: np.array(rng.choice([0, 1, 2, 100]), kind)
           for kind in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4", ">u8")},
        "largest u8": np.uint64(2**64 - 1), "smallest i8": np.int64(-2**63), "minus one": -1,
        "huge": np.int64(rng.choice(HUGE)), "half": np.float16(0.5), "f4": np.float32(1.5),
        "f8": 1e300, ">f8": np.array(2.0, ">f8"), "long double": np.longdouble(1),
        "nan": np.nan, "inf": -np.inf, "complex": 1 + 2j, "bool": True, "enum": np.array(1, enum),
        "compound": np.zeros((), pair), "compounds": np.zeros(3, pair),
        "array type": np.zeros(2, np.dtype(("i4", (3,)))), "array": np.arange(5),
        "matrix": np.ones((2, 3)), "many": np.arange(7000, dtype="i8"), "one": np.array([7]),
        "empty": h5py.Empty("i4"), "empty text": h5py.Empty("S5"), "no elements": np.zeros(0),
        "text": "text", "no text": "", "bytes": np.bytes_(b"text"), "not UTF-8": np.bytes_(b"\xff\xfe"),
        "long text": "x" * 60000, "zeros in text": np.bytes_(b"a\0\0b\0"), "texts": ["a", "b"],
        "fixed texts": np.array([b"ab", b"cd"], text), "control": "a\x1b[2J\x07\nb",
        "opaque": np.void(b"\1\2\3\4"), "format": "%s%n{}{0}",
        "sequence": np.array([1, 2, 3]), "deep": "[" * 60000, "closed deep": "[" * 9000 + "]" * 9000,
        "not JSON": "{'a': 1}", "null": "null", "list": "[]", "object": "{}", "number": "12",
    }


def attribute_of_another_type(file, rng):
    place, name = _attribute(file, rng)
    values = _values(rng)
    what = rng.choice([*values, "reference", "region", "vlen", "vlen of text"])
    attributes = file[place].attrs
    if what == "reference":
        attributes.create(name, file.ref, dtype=h5py.ref_dtype)
    elif what == "region":
        attributes.create(name, file[_datasets(file, rng)].regionref[...], dtype=h5py.regionref_dtype)
    elif what == "vlen":
        value = np.empty(2, object)
        value[:] = [np.arange(3), np.arange(2)]
        attributes.create(name, value, dtype=h5py.vlen_dtype("i4"))
    elif what == "vlen of text":
        attributes.create(name, ["", "é" * 1000, "x"], dtype=h5py.string_dtype("ascii"))
    else:
        del attributes[name]
        attributes[name] = values[what]
    return None, f"attribute {place} {name} is {what}"


def attribute_in_another_form(file, rng):
    """What other programs write for the same number or text."""
    place, name = _attribute(file, rng)
    attributes = file[place].attrs
    old = attributes[name]
    if isinstance(old, (np.integer, int)):
        form = rng.choice(["i2", "u4", ">i8", ">i4", "array of one"])
        new = np.array([old]) if form == "array of one" else np.array(old, form)
        if np.ravel(new)[0] != old:
            return READS, "nothing"
    elif isinstance(old, (str, bytes)):
        form = rng.choice(["fixed", "variable", "padded", "ascii"])
        encoded = old if isinstance(old, bytes) else old.encode()
        if not 0 < len(encoded) < 60000:
            return READS, "nothing"
        new = {"fixed": np.bytes_(encoded), "variable": encoded.decode(),
               "padded": np.array(encoded, f"S{len(encoded) + 4}"), "ascii": np.bytes_(encoded)}[form]
    else:
        return READS, "nothing"
    del attributes[name]
    attributes[name] = new
    return READS, f"attribute {place} {name} in the form {form}"


def attribute_of_other_json(file, rng):
    texts = []
    for place in _objects(file):
        for name, value in file[place].attrs.items() if place in file else ():
            value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
            if isinstance(value, str) and value[:1] in ("{", "["):
                texts.append((place, name, value))
    place, name, value = rng.choice(texts)
    new = mutate_json.as_bytes(mutate_json.mutate_line(value, rng))
    del file[place].attrs[name]
    file[place].attrs.create(name, new, dtype=h5py.string_dtype())
    return None, f"attribute {place} {name} of other JSON"


def attribute_with_other_settings(file, rng):
    """Sizes that are allowed, but not those of the parameters beside them."""
    config = json.loads(file["provenance"].attrs["config"])
    sizes = [(s, k) for s in config or () for k in config[s]
             if isinstance(config[s][k], int) and not isinstance(config[s][k], bool)]
    for section, key in rng.sample(sizes, min(len(sizes), rng.choice([1, 1, 3, 8]))):
        config[section][key] = rng.choice([1, 2, 16, 512, 4096, 8192, 10**9, -1, 0])
    file["provenance"].attrs["config"] = json.dumps(config)
    return None, "settings of other sizes"


def attribute_removed(file, rng):
    place, name = _attribute(file, rng)
    del file[place].attrs[name]
    return None, f"attribute {place} {name} removed"


def attributes_added(file, rng):
    place = file[rng.choice(_objects(file))]
    for i in range(rng.choice([1, 1, 300])):
        place.attrs[rng.choice(["x", "é", "a b", "new\n", "z\x1b[2J"]) + str(i)] = i
    return READS, f"attributes added to {place.name}"


def file_of_another_version(file, rng):
    version = rng.choice(["2.0", "1.99", "1", "1.", "-1.0", "0.0", "99999999999.0", "1.0\n", "x"])
    file.attrs["format_version"] = version
    return None, f"format_version {version!r}"


def file_of_another_format(file, rng):
    kind = rng.choice(["episode", "model", "policy", "dream", "step", "", "x" * 1000, "../model"])
    file.attrs["format"] = "dreamer." + kind
    return None, f"format dreamer.{kind[:10]}"


# --- Datasets ----------------------------------------------------------------------------------------

def dataset_of_another_shape(file, rng):
    name = _datasets(file, rng)
    shape, kind = list(file[name].shape), file[name].dtype
    way = rng.choice(["rank", "rank", "one more", "one less", "none", "empty", "null", "deep"])
    if way == "rank":
        shape = shape[1:] if shape and rng.random() < 0.5 else [*shape, rng.choice([1, 2])]
    elif way in ("one more", "one less") and shape:
        shape[rng.randrange(len(shape))] += 1 if way == "one more" else -1
    elif way == "none":
        shape = []
    elif way == "empty" and shape:
        shape[rng.randrange(len(shape))] = 0
    elif way == "deep":
        shape = [1] * 32
    if way == "null":
        _replace(file, name, data=h5py.Empty(kind))
    else:
        _replace(file, name, data=_zeros([max(0, n) for n in shape], kind))
    return None, f"{name}: {way}, {shape}"


def dataset_of_huge_extent(file, rng):
    """Extents that no memory holds, with little or nothing stored."""
    name = _datasets(file, rng)
    shape, kind = list(file[name].shape) or [1], file[name].dtype
    for _ in range(rng.choice([1, 1, 2])):
        shape[rng.randrange(len(shape))] = rng.choice(HUGE)
    chunks = tuple(min(n, rng.choice([1, 16, 64])) for n in shape)
    made = _replace(file, name, shape=tuple(shape), dtype=kind,
                    chunks=rng.choice([chunks, chunks, None]),
                    **rng.choice([{}, {"fillvalue": 1}]))
    if rng.random() < 0.3 and made.chunks:
        made[(0,) * len(shape)] = 1
    return None, f"{name} of extent {shape}"


def dataset_of_another_type(file, rng):
    name = _datasets(file, rng)
    values = _values_of(file[name])
    kinds = ["i1", "u1", "i4", "u8", "i8", "f2", "f4", "f8", ">f4", ">u2", "S8", "bool", "c8", "g",
             "compound", "enum", "vlen", "opaque", "reference", "array", "text"]
    what = rng.choice(kinds)
    with np.errstate(all="ignore"):
        if what in ("compound", "array"):
            kind = np.dtype([("a", "f4")]) if what == "compound" else np.dtype(("f4", (2,)))
            _replace(file, name, shape=values.shape, dtype=kind)
        elif what == "vlen":
            _replace(file, name, shape=values.shape[:1], dtype=h5py.vlen_dtype("f4"))
        elif what == "text":
            _replace(file, name, shape=values.shape[:1], dtype=h5py.string_dtype())
        elif what == "reference":
            _replace(file, name, shape=values.shape[:1], dtype=h5py.ref_dtype)
        elif what == "enum":
            _replace(file, name, shape=values.shape, dtype=h5py.enum_dtype({"A": 0, "B": 1}))
        elif what == "opaque":
            _replace(file, name, shape=values.shape[:1], dtype="V16")
        else:
            _replace(file, name, data=np.asarray(values).astype(what))
    return None, f"{name} of type {what}"


def dataset_stored_otherwise(file, rng):
    """The same values in other chunks, behind other filters of HDF5's own, or without any."""
    name = _datasets(file, rng)
    values = _values_of(file[name])
    shape = np.shape(values)
    ways = [{}] if not shape or 0 in shape else [
        {}, {"chunks": shape}, {"chunks": (1, *shape[1:])}, {"chunks": True},
        {"chunks": tuple(max(1, n // 2) for n in shape)}, {"chunks": True, "compression": 9},
        {"chunks": True, "shuffle": True, "compression": 1}, {"chunks": True, "fletcher32": True},
        {"chunks": shape, "maxshape": (None,) * len(shape)}, {"maxshape": (None, *shape[1:])},
    ]
    way = rng.choice(ways)
    _replace(file, name, data=values, **way)
    return READS, f"{name} stored with {way}"


def dataset_behind_odd_filters(file, rng):
    name = _datasets(file, rng)
    values = np.atleast_1d(_values_of(file[name]))
    if not values.size:
        return READS, "nothing"
    way = rng.choice(["lzf", "scaleoffset", "nbit", "unknown", "unknown", "chunks beyond", "many"])
    space = h5py.h5s.create_simple(values.shape)
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_chunk(tuple(max(1, n // 2) for n in values.shape))
    if way == "lzf":
        _replace(file, name, data=values, compression="lzf")
    elif way == "scaleoffset":
        _replace(file, name, data=values, scaleoffset=3)
    elif way == "chunks beyond":
        size = tuple(min(2**20, n * 1000) if i == 0 else n for i, n in enumerate(values.shape))
        _replace(file, name, data=values, chunks=size, maxshape=(None,) * values.ndim)
    else:
        if way == "nbit":
            creation.set_filter(h5py.h5z.FILTER_NBIT)
        if way == "many":
            for _ in range(6):
                creation.set_deflate(1)
                creation.set_fletcher32()
        if way == "unknown":
            creation.set_filter(rng.choice([256, 32001, 32015, 60000]), h5py.h5z.FLAG_OPTIONAL,
                                tuple(range(rng.choice([0, 4, 60]))))
        kind = h5py.h5t.py_create(values.dtype)
        del file[name]
        made = h5py.h5d.create(file.id, name.encode(), kind, space, creation)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(values))
    return None, f"{name} behind {way}"


def dataset_of_other_values(file, rng):
    """Values that no episode, model or dream has."""
    name = _datasets(file, rng)
    data = file[name]
    if not data.size or data.dtype.kind not in "fiu":
        return READS, "nothing"
    values = _values_of(data)
    bad = rng.choice([np.nan, np.inf, -np.inf, 1e30, -1e30, 3.0e38, 1e-40, 7.0])
    bad = bad if data.dtype.kind == "f" else rng.choice([0, 1, 255, -1, 2**40])
    flat = np.array(values).reshape(-1)
    places = rng.choice([[0], [len(flat) - 1], [rng.randrange(len(flat))], slice(None)])
    with np.errstate(all="ignore"):
        flat[places] = np.asarray(bad).astype(data.dtype)
    _replace(file, name, data=flat.reshape(np.shape(values)))
    # The dump of an update that went wrong holds what is not finite.
    refused = not np.isfinite(flat).all() and b"step" not in np.bytes_(file.attrs["format"])
    return (REFUSED if refused else None), f"{name} holds {bad}"


def dataset_elsewhere(file, rng):
    """A dataset whose values lie in other files: raw storage, or a virtual dataset."""
    name = _datasets(file, rng)
    shape, kind = file[name].shape, file[name].dtype
    where = rng.choice([CANARY_RAW, CANARY_RAW, FIFO, "nowhere", "/dev/zero"])
    if rng.random() < 0.5:
        _replace(file, name, shape=shape, dtype=kind, external=[(where, 0, h5py.h5f.UNLIMITED)])
        if not file[name].external:
            return None, f"{name} of zeros"  # h5py keeps a single value in the file itself
        return REFUSED, f"{name} stored in {where}"
    layout = h5py.VirtualLayout(shape, kind)
    if shape:
        where = rng.choice([CANARY, ".", "nowhere", FIFO])
        layout[...] = h5py.VirtualSource(where, "data", shape)
    del file[name]
    file.create_virtual_dataset(name, layout, fillvalue=0)
    return REFUSED, f"{name} virtual, of {where}"


def dataset_removed(file, rng):
    name = _datasets(file, rng)
    del file[name]
    return None, f"{name} removed"


def dataset_moved(file, rng):
    one, other = _datasets(file, rng), _datasets(file, rng)
    if one == other:
        return READS, "nothing"
    file.move(one, "moved")
    file.move(other, one)
    file.move("moved", other)
    return None, f"{one} and {other} change places"


# --- Links and groups --------------------------------------------------------------------------------

def link_instead(file, rng):
    """An object behind a link of another kind, or none behind it."""
    name = rng.choice(_objects(file)[1:])
    way = rng.choice(["soft", "soft", "hard", "dangling", "cycle", "long cycle", "external",
                      "external", "external to a pipe", "external nowhere", "soft to external",
                      "group", "type", "to itself", "external to itself"])
    if way in ("soft", "hard"):
        file.move(name, "kept")
        file[name] = h5py.SoftLink("/kept") if way == "soft" else file["kept"]
        return (READS if way == "hard" else None), f"{name}: {way} link"
    del file[name]
    links = {
        "dangling": h5py.SoftLink("/nowhere"), "cycle": h5py.SoftLink("/" + name),
        "external": h5py.ExternalLink(CANARY, "/data"), "soft to external": h5py.SoftLink("/out"),
        "external to a pipe": h5py.ExternalLink(FIFO, "/data"),
        "external nowhere": h5py.ExternalLink("nowhere.h5", "/data"),
        "external to itself": h5py.ExternalLink(".", "/data"),
    }
    if way in links:
        file[name] = links[way]
        if way == "soft to external":
            file["out"] = h5py.ExternalLink(CANARY, "/data")
    elif way == "long cycle":
        file[name] = h5py.SoftLink("/c0")
        for i in range(20):
            file[f"c{i}"] = h5py.SoftLink(f"/c{(i + 1) % 20}")
    elif way == "to itself":
        file[name] = file["/"]
    elif way == "group":
        file.create_group(name)["x"] = 1
    else:
        file[name] = np.dtype("f4")
    return None, f"{name}: {way}"


def objects_added(file, rng):
    """What a newer version, or another program, may have put beside ours."""
    groups = [name for name in _objects(file) if isinstance(file[name], h5py.Group)]
    group = file["/"] if rng.random() < 0.4 else file[rng.choice(groups)]
    way = rng.choice(["dataset", "empty", "null", "text", "type", "nested", "wide", "names", "cycle",
                      "link", "references"])
    if way == "nested":
        for _ in range(rng.choice([30, 1500])):
            group = group.create_group("g")
    elif way == "wide":
        for i in range(3000):
            group.create_group(f"extra{i:04}")
    elif way == "cycle":
        group["again"] = file["/"]
    elif way == "link":
        group["elsewhere"] = h5py.ExternalLink(rng.choice([CANARY, FIFO]), "/data")
    elif way == "names":
        for name in ("é", "a b", "x" * 5000, "a\x1b[2Jb", "..", "*", "?[", b"\xff\xfe", "new\nline"):
            group.create_group(name)
    elif way == "references":
        made = group.create_dataset("refs", (2,), dtype=h5py.ref_dtype)
        made[0] = file.ref
    else:
        group["extra"] = {"dataset": np.arange(5), "empty": np.zeros((0, 3)), "text": "text",
                          "null": h5py.Empty("f4"), "type": np.dtype("i2")}[way]
    top = group is file or group.name == "/"
    return (READS if top and way == "dataset" else None), f"{way} added to {group.name[:60]}"


CHANGES = [attribute_of_another_type, attribute_in_another_form, attribute_of_other_json,
           attribute_with_other_settings, attribute_removed, attributes_added,
           file_of_another_version, file_of_another_format, dataset_of_another_shape,
           dataset_of_huge_extent, dataset_of_another_type, dataset_stored_otherwise,
           dataset_behind_odd_filters, dataset_of_other_values, dataset_elsewhere, dataset_removed,
           dataset_moved, link_instead, objects_added]
WEIGHTS = [8, 4, 6, 3, 2, 1, 1, 1, 4, 4, 4, 3, 4, 4, 3, 1, 1, 5, 3]
