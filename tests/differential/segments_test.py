#!/usr/bin/env python3
"""Segments are cut where Prometheus's chunks.Writer cuts them, and hold its bytes.

segments_test.py ORACLE WRITE_SEGMENTS [SEED]

Random sizes against limits small enough that the rule shows: sizes that just fill a segment, miss it by a byte, or exceed it
alone; series of one chunk and of many.
"""

import json
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "golden"))

import block_files

CASES = 200
SEGMENT_HEADER = 8
RECORD_OVERHEAD = 5 + 1 + 4  # as the rule reckons it


def sizes(generator, limit):
    """Chunk sizes of one series; about every fourth is aimed at the limit."""
    made, filled = [], SEGMENT_HEADER
    for _ in range(generator.choice([1, 1, 1, 2, 3, 5, 20])):
        size = generator.choice([2, generator.randrange(2, 40), generator.randrange(2, 300), generator.randrange(2, 2 * limit)])
        if generator.random() < 0.25:
            size = max(2, limit - filled % limit - RECORD_OVERHEAD + generator.randrange(-9, 10))
        made.append(size)
        filled += size + RECORD_OVERHEAD
    return made


def a_case(generator):
    limit = generator.choice([64, 100, 256, 1000, 1024, 5000, 20_000])
    return {"limit": limit, "series": [sizes(generator, limit) for _ in range(generator.randrange(1, 12))]}


def main(oracle, write_segments, seed="1"):
    generator = random.Random(int(seed))
    lines = [json.dumps(a_case(generator)) for _ in range(CASES)]
    stdin = "\n".join(lines).encode()
    with block_files.scratch() as scratch:
        folders = [pathlib.Path(scratch) / "expected", pathlib.Path(scratch) / "got"]
        expected, got = (
            block_files.run([*command, "--out", str(folder)], stdin).decode().splitlines()
            for command, folder in zip(([oracle, "segments"], [write_segments]), folders)
        )
        segments, failures = 0, 0
        for n, line in enumerate(lines):
            files = [block_files.files(folder / str(n + 1)) for folder in folders]
            segments += len(files[0])
            found = block_files.differences(*files)
            if json.loads(expected[n]) != json.loads(got[n]):
                found.append(f"references: expected {expected[n]}, got {got[n]}")
            if found:
                print(f"seed {seed}, case {n + 1}: {line}", *found, sep="\n  ")
                failures += 1
    if failures or segments < 2 * CASES:
        sys.exit(f"{failures} of {CASES} cases failed; {segments} segments")
    print(f"{CASES} cases, {segments} segments: same bytes and references")


if __name__ == "__main__":
    main(*sys.argv[1:])
