"""Where the metadata of an HDF5 file lies, and its checksums.

In files of the 1.10 format each block of metadata begins with a signature and ends with a checksum
(Jenkins' lookup3). A changed byte alone is stopped there; with the checksum made right again the
change reaches the code behind it.
"""

import dataclasses
import struct

SUPERBLOCK = b"\x89HDF\r\n\x1a\n"
CHECKSUMMED = (b"OHDR", b"OCHK", b"FRHP", b"FHDB", b"FHIB", b"BTHD", b"BTIN", b"BTLF", b"FAHD",
               b"FADB", b"EAHD", b"EAIB", b"EASB", b"EADB", b"SMTB")
PLAIN = (b"TREE", b"SNOD", b"HEAP", b"GCOL")  # of older formats, without a checksum
LONGEST_SEARCH = 600  # bytes in which the end of a block is looked for


def lookup3(data):
    """H5_checksum_lookup3 with an initial value of 0."""
    mask = 0xFFFFFFFF

    def rotated(x, k):
        return ((x << k) | (x >> (32 - k))) & mask

    a = b = c = (0xDEADBEEF + len(data)) & mask
    if not data:
        return c
    whole = (len(data) - 1) // 12 * 12
    for x, y, z in struct.iter_unpack("<III", data[:whole]):
        a, b, c = (a + x) & mask, (b + y) & mask, (c + z) & mask
        a = ((a - c) & mask) ^ rotated(c, 4); c = (c + b) & mask
        b = ((b - a) & mask) ^ rotated(a, 6); a = (a + c) & mask
        c = ((c - b) & mask) ^ rotated(b, 8); b = (b + a) & mask
        a = ((a - c) & mask) ^ rotated(c, 16); c = (c + b) & mask
        b = ((b - a) & mask) ^ rotated(a, 19); a = (a + c) & mask
        c = ((c - b) & mask) ^ rotated(b, 4); b = (b + a) & mask
    x, y, z = struct.unpack("<III", data[whole:].ljust(12, b"\0"))
    a, b, c = (a + x) & mask, (b + y) & mask, (c + z) & mask
    c = ((c ^ b) - rotated(b, 14)) & mask
    a = ((a ^ c) - rotated(c, 11)) & mask
    b = ((b ^ a) - rotated(a, 25)) & mask
    c = ((c ^ b) - rotated(b, 16)) & mask
    a = ((a ^ c) - rotated(c, 4)) & mask
    b = ((b ^ a) - rotated(a, 14)) & mask
    return ((c ^ b) - rotated(b, 24)) & mask


@dataclasses.dataclass
class Block:
    signature: bytes
    start: int
    end: int  # of what the checksum is of; it stands there, where there is one
    messages: list  # (start, end) of the bodies of an object header's messages
    checksummed: bool = True


def blocks(data):
    """The blocks of metadata in a whole file."""
    found = []
    start = data.find(SUPERBLOCK)
    if start >= 0 and len(data) > start + 48 and data[start + 8] >= 2:
        found.append(Block(SUPERBLOCK, start, start + 44, []))
    for signature in CHECKSUMMED + PLAIN:
        start = data.find(signature)
        while start >= 0:
            block = _block_at(data, signature, start)
            if block:
                found.append(block)
            start = data.find(signature, start + 4)
    return sorted(found, key=lambda block: block.start)


def fix_checksum(data, block):
    """Makes the checksum of a changed block right again, in place."""
    if block.checksummed and block.end + 4 <= len(data):
        data[block.end:block.end + 4] = struct.pack("<I", lookup3(data[block.start:block.end]))


def _block_at(data, signature, start):
    if signature in PLAIN:
        return Block(signature, start, min(start + 256, len(data)), [], checksummed=False)
    if signature == b"OHDR":
        flags = data[start + 5]
        begin = start + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        size = int.from_bytes(data[begin:begin + width], "little")
        begin, end = begin + width, begin + width + size
        if not _ends(data, start, end):
            return None
        return Block(signature, start, end, _messages(data, begin, end, 6 if flags & 4 else 4))
    for end in range(start + 8, min(start + LONGEST_SEARCH, len(data) - 3)):
        if _ends(data, start, end):
            messages = _messages(data, start + 4, end, 4) if signature == b"OCHK" else []
            return Block(signature, start, end, messages)
    return None


def _ends(data, start, end):
    stored = data[end:end + 4]
    return len(stored) == 4 and struct.unpack("<I", stored)[0] == lookup3(data[start:end])


def _messages(data, begin, end, head):
    """(start, end) of each message with its head: type, size (2), flags [, order (2)], body."""
    found = []
    while begin + head <= end:
        size = int.from_bytes(data[begin + 1:begin + 3], "little")
        if begin + head + size > end:
            break
        found.append((begin, begin + head + size))
        begin += head + size
    return found
