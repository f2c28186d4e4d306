#!/usr/bin/env python3
"""promfill writes the golden blocks, byte for byte.

golden_test.py WRITE_BLOCKS [CASE…]

Every case goes through the encoder; those with promtool's chunk range also through the ingest engine, in several orders,
batches and numbers of shards.
"""

import hashlib
import pathlib
import shlex
import sys

import block_files
import cases

HERE = pathlib.Path(__file__).resolve().parent
FEEDINGS = [
    "--order input",
    "--order time --batch-rows 7 --shards 2",
    "--order shuffled --seed 1 --batch-rows 97 --shards 4",
    "--order shuffled --seed 2 --shards 2",
    # Not enough memory for the tables: generations are spilled and merged.
    "--order time --batch-rows 7 --shards 2 --memory-bytes 20000",
    "--order shuffled --seed 3 --batch-rows 11 --shards 1 --memory-bytes 5000",
]


def ways(flags, stdin):
    """The command lines that must all give the same blocks. The ingest engine takes no histograms yet."""
    yield []
    if b'"h":' in stdin or b'"fh":' in stdin:
        return
    if "--one-block" not in flags and "--range-factor" not in flags:
        for feeding in FEEDINGS:
            yield ["--through", "ingest", *feeding.split()]


def read_folder(folder):
    """Flags, input and expected files of a case; of files that are too large to keep, the checksums."""
    flags = shlex.split((folder / "command").read_text().splitlines()[-1])[1:]
    kept_input = folder / "input.jsonl"
    stdin = kept_input.read_bytes() if kept_input.exists() else cases.named_case(folder.name).input()
    sums = folder / "expected" / "SHA256SUMS"
    if sums.exists():
        return flags, stdin, dict(reversed(line.split("  ")) for line in sums.read_text().splitlines()), True
    expected = {str(p.relative_to(sums.parent)): p.read_bytes() for p in sums.parent.rglob("*") if p.is_file()}
    return flags, stdin, expected, False


def check(folder, write_blocks):
    """Write a case in every way; what differs, as lines."""
    flags, stdin, expected, as_sums = read_folder(folder)
    for way in ways(flags, stdin):
        with block_files.scratch() as scratch:
            blocks = block_files.write([write_blocks], [*flags, *way], stdin, scratch)
            got = {f"{n}/{name}": content for n, block in enumerate(blocks, 1) for name, content in block_files.files(block).items()}
        if as_sums:
            got = {name: hashlib.sha256(content).hexdigest() for name, content in got.items()}
        for difference in block_files.differences(expected, got):
            yield f"{folder.name} {' '.join(way)}: {difference}"


def main(write_blocks, names):
    folders = sorted(p.parent for p in HERE.glob("*/command") if not names or p.parent.name in names)
    failures = 0
    for folder in folders:
        try:
            found = list(check(folder, write_blocks))
        except block_files.Failed as failure:
            found = [f"{folder.name}: {failure}"]
        print("\n".join(found) if found else f"{folder.name}: same bytes")
        failures += bool(found)
    if failures or not folders:
        sys.exit(f"{failures} of {len(folders)} cases failed")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
