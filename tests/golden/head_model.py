"""Prometheus's rule for ending float chunks, in a few lines of Python, so that cases can aim at its borders.

Only used to construct inputs and to check that they hit what they aim at; what is right is said by the oracle. Written from
tsdb/head_append.go and tsdb/chunkenc/xor.go, as docs/format/chunks.md tells them.
"""

import dataclasses

from series_lines import value_bits

MASK = (1 << 64) - 1


@dataclasses.dataclass
class Chunk:
    """A chunk as the model sees it: what it holds, and how long it was in bytes before its last sample came."""

    min: int
    next_at: int
    max: int = 0
    count: int = 0
    bits: int = 16  # the sample count
    bytes_before_last: int = 0
    delta: int = 0
    value: int = 0
    leading: int = 64  # of the value window; 64: none yet
    trailing: int = 0

    @property
    def bytes(self):
        return (self.bits + 7) // 8

    def append(self, t, value):
        self.bytes_before_last = self.bytes
        if self.count == 0:
            self.bits += 8 * varint_bytes(t) + 64
        else:
            delta = (t - self.max) & MASK
            if self.count == 1:
                self.bits += 8 * uvarint_bytes(delta)
            else:
                self.bits += delta_bits(signed(delta - self.delta))
            self.bits += self.value_bits(value)
            self.delta = delta
        self.value, self.max, self.count = value, t, self.count + 1

    def value_bits(self, value):
        changed = value ^ self.value
        if changed == 0:
            return 1
        leading, trailing = min(64 - changed.bit_length(), 31), (changed & -changed).bit_length() - 1
        if leading >= self.leading and trailing >= self.trailing:
            return 2 + 64 - self.leading - self.trailing
        self.leading, self.trailing = leading, trailing
        return 2 + 5 + 6 + 64 - leading - trailing


def uvarint_bytes(x):
    return max(1, (x.bit_length() + 6) // 7)


def varint_bytes(x):
    return uvarint_bytes(((x << 1) ^ (x >> 63)) & MASK)


def signed(x):
    return ((x + (1 << 63)) & MASK) - (1 << 63)


def delta_bits(change):
    if change == 0:
        return 1
    for prefix, width in (2, 14), (3, 17), (4, 20):
        if -(1 << (width - 1)) + 1 <= change <= 1 << (width - 1):
            return prefix + width
    return 4 + 64


def range_end(t, chunk_range):
    """End of the chunk range of t; Go's division truncates towards zero."""
    quotient = abs(t) // chunk_range
    return (quotient if t >= 0 else -quotient) * chunk_range + chunk_range


def predicted_end(start, current, end):
    """When a chunk should end that began at `start` and holds a quarter of its samples at `current`."""
    parts = float(end - start) / (float(current - start + 1) * 4.0)
    return end if parts <= 1 else int(float(start) + float(end - start) / float(int(parts)))


class Series:
    """The chunks of one series, as its samples arrive in order of time."""

    def __init__(self, chunk_range, samples=()):
        self.chunk_range = chunk_range
        self.chunks = []
        for t, value in samples:
            self.append(t, value)

    def append(self, t, value):
        if not self.chunks or self.chunks[-1].bytes > 1005:
            self._cut(t)
        chunk = self.chunks[-1]
        if chunk.count == 30:
            chunk.next_at = predicted_end(chunk.min, chunk.max, chunk.next_at)
        if t >= chunk.next_at or chunk.count >= 240:
            self._cut(t)
        self.chunks[-1].append(t, value_bits(value))

    def _cut(self, t):
        self.chunks.append(Chunk(min=t, next_at=range_end(t, self.chunk_range)))
