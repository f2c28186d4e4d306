"""What the blocks of some cases must show for the case to cover its borders, checked whenever they are written."""

import struct

import head_model

TOC_BYTES = 52


def series_entries(index):
    """(start, end) of every series entry of an index file, its length field and checksum included."""
    _, at, end, *_ = struct.unpack(">6Q", index[-TOC_BYTES:-4])
    while at < end:
        at = (at + 15) // 16 * 16
        length, shift, body = 0, 0, at
        while True:
            byte = index[body]
            length |= (byte & 0x7F) << shift
            shift, body = shift + 7, body + 1
            if byte < 0x80:
                break
        yield at, body + length + 4
        at = body + length + 4


def chunks(segment):
    """(encoding, data) of every chunk of a segment file."""
    at = 8
    while at < len(segment):
        length, shift = 0, 0
        while True:
            byte = segment[at]
            length |= (byte & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if byte < 0x80:
                break
        yield segment[at], segment[at + 1:at + 1 + length]
        at += 1 + length + 4


def symbol_count(index):
    return int.from_bytes(index[9:13], "big")


def all_entry_lengths(_, indexes, __):
    entries = [list(series_entries(index)) for index in indexes]
    assert {(end - start) % 16 for block in entries for start, end in block} == set(range(16))
    assert {block[-1][1] % 4 for block in entries} == set(range(4))


def symbols_around_127(_, indexes, __):
    assert {126, 127, 128, 129} <= {symbol_count(index) for index in indexes}


def wide_references(_, indexes, segments):
    assert symbol_count(indexes[0]) > 16_383 and len(segments[0]) > 1 << 18


def references_around_16383(_, __, segments):
    assert len(segments[0]) > 16_384


def all_bit_alignments(series, _, __):
    assert {head_model.Series(1 << 62, samples).chunks[-1].bits % 8 for _, samples in series} == set(range(8))


def all_counter_headers(_, __, segments):
    found = {(encoding, data[2] >> 6) for encoding, data in chunks(segments[0]) if encoding in (2, 3)}
    assert found == {(encoding, header) for encoding in (2, 3) for header in range(4)}


def start_times_around_127(_, __, segments):
    found = {(encoding, data[2] & 0x7F) for encoding, data in chunks(segments[0])}
    assert {(encoding, first) for encoding in (5, 6) for first in (0, 1, 2, 125, 126, 127)} <= found


CLAIMS = {
    "chunk_references": references_around_16383,
    "histogram_resets": all_counter_headers,
    "series_lengths": all_entry_lengths,
    "shared_strings": symbols_around_127,
    "start_times": start_times_around_127,
    "stream_alignment": all_bit_alignments,
    "twenty_thousand_series": wide_references,
}


def check(name, series, blocks):
    """Raise AssertionError where a case doesn't show what it is for; `blocks` are directories."""
    if name in CLAIMS:
        indexes = [(block / "index").read_bytes() for block in blocks]
        segments = [(block / "chunks" / "000001").read_bytes() for block in blocks]
        CLAIMS[name](series, indexes, segments)
