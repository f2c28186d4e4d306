#!/usr/bin/env python3
"""The worked examples of docs/format are true: offsets add up, checksums hold, and a reader of few lines, written from
the documents alone, finds in them the series and samples that the text promises."""

import re
import struct
import unittest
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs" / "format"


def example(document, name):
    """The bytes of a worked example. Each line's offset must be where the line before it ended."""
    text = (DOCS / document).read_text(encoding="utf-8")
    block = re.search(r"```example %s\n(.*?)```" % name, text, re.DOTALL)[1]
    out = b""
    for line in block.splitlines():
        match = re.match(r"([0-9a-f]{2})  ((?:[0-9a-f]{2})+(?: (?:[0-9a-f]{2})+)*)(?:  |$)", line)
        if match is None:
            assert line.startswith(" " * 8), line  # the meaning goes on
            continue
        assert int(match[1], 16) == len(out), f"{document}: {line}: this is offset {len(out):02x}"
        out += bytes.fromhex(match[2])
    return out


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def raw(self, size):
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, size):
        return int.from_bytes(self.raw(size), "big")

    def uvarint(self):
        value, shift = 0, 0
        while True:
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def varint(self):
        value = self.uvarint()
        return value >> 1 ^ -(value & 1)

    def checked(self, size):
        """`size` bytes and the CRC of them."""
        content = self.raw(size)
        assert self.number(4) == crc32c(content)
        return Reader(content)


def xor_samples(data):
    count = int.from_bytes(data[:2], "big")
    head = Reader(data, 2)
    time, bits = head.varint(), head.number(8)
    samples, delta, window = [(time, bits)], 0, None
    stream = "".join(f"{byte:08b}" for byte in data)
    at = head.at * 8

    def take(n):
        nonlocal at
        at += n
        return int(stream[at - n:at], 2) if n else 0

    for k in range(1, count):
        if k == 1:
            body = Reader(data, at // 8)
            delta = body.uvarint()
            at = body.at * 8
        elif take(1):
            raise NotImplementedError("the example has no other dod")
        time += delta
        if take(1):
            if take(1):
                lead, n = take(5), take(6) or 64
                window = lead, 64 - lead - n
            lead, trail = window
            bits ^= take(64 - lead - trail) << trail
        samples.append((time, bits))
    assert set(stream[at:]) <= {"0"} and len(stream) - at < 8
    return [(t, struct.unpack(">d", b.to_bytes(8, "big"))[0]) for t, b in samples]


def histogram_sample(data):
    """The one sample of an integer histogram chunk, by the document's words."""
    assert data[:3] == b"\0\1\0"
    stream = "".join(f"{byte:08b}" for byte in data[4:])
    at = 0

    def take(n):
        nonlocal at
        at += n
        return int(stream[at - n:at], 2) if n else 0

    def uvarbit():
        ones = 0
        while ones < 8 and take(1):
            ones += 1
        return take((0, 3, 6, 9, 12, 18, 25, 56, 64)[ones])

    def spans():
        return [(uvarbit(), uvarbit())[::-1] for _ in range(uvarbit())]

    schema, positive, negative = uvarbit(), spans(), spans()  # all numbers are small and not negative
    time, count, zero_count = uvarbit(), uvarbit(), uvarbit()
    total = struct.unpack(">d", take(64).to_bytes(8, "big"))[0]
    buckets = [uvarbit() for _ in range(sum(length for _, length in positive))]
    assert set(stream[at:]) <= {"0"} and len(stream) - at < 16
    return data[3], schema, positive, negative, time, count, zero_count, total, buckets


def cut(times, chunk_range):
    """Lengths of the chunks, by the rule of chunks.md, for values so small that only time and count decide."""
    lengths, start, last, end = [], None, None, None
    for t in times:
        if lengths and lengths[-1] == 30:
            q = (end - start) / ((last - start + 1) * 4)
            end = end if q <= 1 else int(start + (end - start) / int(q))
        if not lengths or t >= end or lengths[-1] >= 240:
            lengths.append(0)
            start, end = t, t // chunk_range * chunk_range + chunk_range  # times of this table are not negative
        lengths[-1] += 1
        last = t
    return lengths


class WorkedExamples(unittest.TestCase):
    def test_tombstones(self):
        data = example("block.md", "tombstones")
        self.assertEqual(len(data), 9)
        self.assertEqual(data[5:], crc32c(b"").to_bytes(4, "big"))

    def test_segment(self):
        file = Reader(example("chunks.md", "segment"), 8)
        length = file.uvarint()
        record = file.checked(1 + length)
        self.assertEqual(file.at, len(file.data))
        self.assertEqual(record.number(1), 1)
        self.assertEqual(xor_samples(record.raw(length)), [(0, 1.0), (1, 2.0), (2, 3.0)])

    def test_histogram(self):
        found = histogram_sample(example("chunks.md", "histogram"))
        self.assertEqual(found, (243 - 127, 3, [(0, 2), (1, 1)], [], 1000, 9, 2, 18.5, [1, 1, 2]))

    def test_table_of_chunk_lengths(self):
        text = (DOCS / "chunks.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| (\d+) s \| (.*) \| (.*) \|$", text, re.MULTILINE)
        self.assertEqual(len(rows), 3)
        hour = 3600 * 1000
        for seconds, *windows in rows:
            for start, told in zip((0, 2 * hour), windows):
                expected = []
                for part in told.split(", "):
                    times, _, length = part.rpartition(" × ")
                    expected += [int(length)] * int(times or 1)
                samples = range(start, start + 2 * hour, int(seconds) * 1000)
                self.assertEqual(cut(samples, 4 * hour), expected, (seconds, start))

    def test_index(self):
        data = example("index.md", "index")
        toc = Reader(data, len(data) - 52).checked(48)
        symbols_at, series_at, indices, indices_table, postings, table_at = (toc.number(8) for _ in range(6))
        self.assertEqual((symbols_at, indices, indices_table), (5, postings, table_at))

        file = Reader(data, symbols_at)
        symbols = file.checked(file.number(4))
        texts = [symbols.raw(symbols.uvarint()).decode() for _ in range(symbols.number(4))]
        self.assertEqual(texts, ["", "__name__", "ghost", "other", "real", "yy", "zz"])
        self.assertEqual(file.at, series_at)

        def series(ref):
            entry = Reader(data, ref * 16)
            body = entry.checked(entry.uvarint())
            labels = [(texts[body.uvarint()], texts[body.uvarint()]) for _ in range(body.uvarint())]
            self.assertEqual(body.uvarint(), 1)
            mint = body.varint()
            return labels, mint, mint + body.uvarint(), body.uvarint()

        found = {}
        table = Reader(data, table_at)
        entries = table.checked(table.number(4))
        for _ in range(entries.number(4)):
            self.assertEqual(entries.number(1), 2)
            name, value = entries.raw(entries.uvarint()).decode(), entries.raw(entries.uvarint()).decode()
            posting = Reader(data, entries.uvarint())
            self.assertEqual(posting.at % 4, 0)
            refs = posting.checked(posting.number(4))
            found[name, value] = [series(refs.number(4)) for _ in range(refs.number(4))]
        other = ([("__name__", "other")], -3595000, -3595000, 8)
        real = ([("__name__", "real")], 5000, 5000, 28)
        self.assertEqual(found, {("", ""): [other, real], ("__name__", "other"): [other], ("__name__", "real"): [real]})
        self.assertEqual(table.at, len(data) - 52)


if __name__ == "__main__":
    unittest.main(verbosity=0)
