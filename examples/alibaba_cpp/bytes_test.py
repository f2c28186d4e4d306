#!/usr/bin/env python3
"""Structs through the channel make the blocks that the command line makes of the same Parquet files, byte by byte.

All five metrics of the 203,484 rows of the Alibaba example, nulls among them. What may differ is the blocks' names, which come from the
job's identity: blocks are compared by their time, and meta.json without the name.
"""
import json
import os
import subprocess
import sys
import tempfile

EXAMPLE, PROMFILL = sys.argv[1:3]
ALIBABA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "alibaba")
ROWS = 203484


def blocks(out):
    """Files of each block by its first time."""
    found = {}
    for name in os.listdir(out):
        block = os.path.join(out, name)
        if not os.path.isfile(os.path.join(block, "meta.json")):
            continue
        files = {}
        for folder, _, names in os.walk(block):
            for file in names:
                path = os.path.join(folder, file)
                with open(path, "rb") as f:
                    files[os.path.relpath(path, block)] = f.read()
        meta = json.loads(files["meta.json"])
        files["meta.json"] = {key: value for key, value in meta.items() if key not in ("ulid", "compaction")}
        assert meta["minTime"] not in found
        found[meta["minTime"]] = files
    return found


def main():
    with tempfile.TemporaryDirectory() as work:
        ours, theirs = os.path.join(work, "structs"), os.path.join(work, "cli")
        source = os.path.join(ALIBABA, "input")
        subprocess.run([EXAMPLE, source, ours], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([PROMFILL, "import", source, "--map", os.path.join(ALIBABA, "mapping.yaml"), "--out", theirs,
                        "--block-duration", "2h", "--quiet"], check=True)
        made, expected = blocks(ours), blocks(theirs)
        samples = sum(files["meta.json"]["stats"]["numSamples"] for files in made.values())
        assert 4 * ROWS < samples <= 5 * ROWS, samples
        assert len(made) == len(expected) == 94, (len(made), len(expected))
        assert made == expected, "blocks differ"
        subprocess.run([PROMFILL, "verify", ours, "--strict"], check=True, stdout=subprocess.DEVNULL)
        print(f"alibaba_cpp: {len(made)} blocks of {samples} samples have the command line's bytes")


if __name__ == "__main__":
    main()
