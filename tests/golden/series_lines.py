"""Series as the JSON lines that both writers read: the oracle's `write` and write_blocks.

A line is {"labels": {...}, "samples": [[t, v], ...]} with t in ms and v a number, or a string for what JSON numbers can't
say: "-0", "+Inf", "stale", "0x7ff8000000000001" (the bits of a double). Where a series has histograms every sample has its line:
{"labels": {...}, "t": t, "h": {...}}, with "fh" in place of "h" for float histograms, "v" for a float, "st" for a start time.
"""

import json
import struct

STALE = "stale"


def bits(pattern):
    """The value whose IEEE 754 bits are `pattern`."""
    return f"0x{pattern:016x}"


def value_bits(value):
    """The 64 bits behind any form of a value."""
    if value == STALE:
        return 0x7FF0000000000002
    if isinstance(value, str) and value.startswith("0x"):
        return int(value, 16)
    return struct.unpack(">Q", struct.pack(">d", float(value)))[0]


def line(labels, samples):
    """The JSON line of one series; `samples` are (t, value) pairs."""
    return json.dumps({"labels": labels, "samples": samples}, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def sample_line(labels, sample):
    """The JSON line of one sample, an object of what it has."""
    return json.dumps({"labels": labels} | sample, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
