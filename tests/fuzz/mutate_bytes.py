"""Changes bytes of a file, blindly or in the blocks of HDF5's metadata."""

import hdf5_blocks

INTERESTING = [0, 1, 2, 3, 4, 7, 8, 16, 32, 64, 127, 128, 255, 256, 1000, 4096, 32767, 32768, 65535,
               65536, 2**24, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1, 2**32, 2**40, 2**62, 2**63 - 1,
               2**63, 2**64 - 2, 2**64 - 1]


def mutate(data, rng, kin):
    """The changed bytes, and in words what was changed. `kin`: another file, to splice from."""
    data = bytearray(data)
    found = hdf5_blocks.blocks(data) if rng.random() < 0.75 else []
    if found:
        if rng.random() < 0.08:
            return _swap_blocks(data, rng, found)
        words = [_in_block(data, rng, rng.choice(found)) for _ in range(rng.choice([1, 1, 1, 2, 4]))]
        return bytes(data), "; ".join(words)
    return rng.choice([_cut, _grow, _flip, _fill, _splice, _remove])(data, rng, kin)


def _in_block(data, rng, block):
    if block.messages and rng.random() < 0.8:
        start, end = rng.choice(block.messages)
        what = f"message of type {data[start]:#x}"
    else:
        # The signature itself seldom: without it nothing else is looked at.
        start, end = block.start + (0 if rng.random() < 0.03 else 4), block.end
        what = "field"
    width = rng.choice([1, 1, 2, 4, 8])
    at = rng.randrange(start, max(start + 1, end - width + 1))
    old = int.from_bytes(data[at:at + width], "little")
    value = rng.choice([rng.choice(INTERESTING), rng.choice(INTERESTING), old + rng.choice([-1, 1]),
                        old ^ (1 << rng.randrange(8 * width)), rng.getrandbits(8 * width)])
    data[at:at + width] = (value % (1 << 8 * width)).to_bytes(width, "little")
    fixed = rng.random() < 0.9
    if fixed:
        hdf5_blocks.fix_checksum(data, block)
    name = block.signature.strip(b"\x89\r\n\x1a").decode()
    return (f"{what} in {name} at {block.start}: byte {at}, {width} wide, {old} -> {value}"
            f"{'' if fixed else ', checksum left'}")


def _swap_blocks(data, rng, found):
    one, other = rng.choice(found), rng.choice(found)
    size = min(one.end - one.start, other.end - other.start) + 4
    a, b = data[one.start:one.start + size], data[other.start:other.start + size]
    data[one.start:one.start + size], data[other.start:other.start + size] = b, a
    return bytes(data), f"blocks at {one.start} and {other.start} change places"


def _range(data, rng):
    start = rng.randrange(len(data))
    return start, min(len(data), start + rng.choice([1, 2, 4, 8, 64, 512, 4096]))


def _cut(data, rng, _):
    size = rng.choice([rng.randrange(len(data)), len(data) - rng.randrange(1, min(64, len(data)))])
    return bytes(data[:size]), f"cut to {size} bytes"


def _grow(data, rng, _):
    more = rng.choice([bytes(rng.choice([1, 512, 65536])), rng.randbytes(1000), bytes(data)])
    return bytes(data) + more, f"{len(more)} bytes behind the end"


def _flip(data, rng, _):
    places = [rng.randrange(len(data)) for _ in range(rng.choice([1, 1, 2, 8, 100]))]
    for at in places:
        data[at] ^= 1 << rng.randrange(8)
    return bytes(data), f"bits flipped in bytes {places[:8]}"


def _fill(data, rng, _):
    start, end = _range(data, rng)
    value = rng.choice([0, 0, 255, 0x20])
    data[start:end] = bytes([value]) * (end - start)
    return bytes(data), f"bytes {start} to {end} filled with {value}"


def _splice(data, rng, kin):
    start, end = _range(data, rng)
    source = rng.choice([bytes(data), kin])
    begin = rng.randrange(max(1, len(source) - (end - start)))
    data[start:end] = source[begin:begin + end - start].ljust(end - start, b"\0")
    return bytes(data), f"bytes {start} to {end} replaced by others of place {begin}"


def _remove(data, rng, _):
    start, end = _range(data, rng)
    del data[start:end]
    return bytes(data), f"bytes {start} to {end} removed"
