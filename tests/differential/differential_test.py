#!/usr/bin/env python3
"""promfill and Prometheus write the same random samples as the same bytes, and accept each other's blocks.

differential_test.py ORACLE WRITE_BLOCKS [SEED]

Over 300 blocks of several durations; each goes through promfill's encoder, and through its ingest engine in a random order.
A failure prints the seed and keeps the input. $PROMFILL_CLI names the promfill whose `verify` is tried; without it only the
oracle's is.
"""

import collections
import concurrent.futures
import os
import pathlib
import random
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "golden"))

import block_files
import random_histograms
import random_series
import series_lines

BLOCKS_MIN = 500
HOUR = 3_600_000

Batch = collections.namedtuple("Batch", "duration width factor windows kind", defaults=["floats"])
BATCHES = [
    *[Batch("2h", 2 * HOUR, 2, 40)] * 4,
    Batch("1h", HOUR, 2, 40),
    Batch("6h", 6 * HOUR, 2, 40),
    Batch("24h", 24 * HOUR, 2, 30),
    Batch("45m", 45 * HOUR // 60, 2, 30),
    Batch("2h", 2 * HOUR, 1, 40),
    Batch("18h", 18 * HOUR, 1, 20),
    # XOR2.
    *[Batch("2h", 2 * HOUR, 2, 40, "xor2")] * 2,
    Batch("24h", 24 * HOUR, 2, 30, "xor2"),
    # Native histograms, and floats between them.
    *[Batch("2h", 2 * HOUR, 2, 30, "histograms")] * 4,
    Batch("24h", 24 * HOUR, 2, 20, "histograms"),
    Batch("2h", 2 * HOUR, 1, 20, "histograms"),
    *[Batch("2h", 2 * HOUR, 2, 30, "histograms with start times")] * 2,
]


def ways(batch, r):
    """Names and flags of promfill's ways to the block."""
    yield "encoder", []
    if batch.factor == 2 and batch.kind in ("floats", "xor2"):
        order, shards, rows = r.choice(["input", "shuffled"]), r.choice([1, 2, 3, 4]), r.choice([0, 13, 1009])
        feeding = ["--order", order, "--shards", str(shards), "--batch-rows", str(rows), "--seed", str(r.randrange(1000)),
                   "--memory-bytes", str(r.choice([1 << 30, 1 << 30, 300_000, 30_000]))]
        yield "ingest", ["--through", "ingest", *feeding]


def compare(expected, got, name):
    """Blocks of Prometheus and of promfill, both in order of time."""
    if len(expected) != len(got):
        raise block_files.Failed(f"{name}: {len(expected)} blocks expected, got {len(got)}")
    for n, (theirs, ours) in enumerate(zip(expected, got)):
        found = block_files.differences(block_files.files(theirs), block_files.files(ours))
        if found:
            raise block_files.Failed("\n  ".join([f"{name}: block {n} differs", *found]))


def check(batch, seed, oracle, write_blocks, cli, input_file):
    """Write a batch with both, compare, cross-verify; the number of blocks."""
    r = random.Random(seed)
    if batch.kind in ("floats", "xor2"):
        lines = [series_lines.line(*one) + "\n" for one in random_series.series(r, batch.width, batch.windows)]
    else:
        with_start_times = batch.kind == "histograms with start times"
        lines = [line + "\n" for line in random_histograms.lines(r, batch.width, batch.windows, with_start_times)]
    r.shuffle(lines)
    stdin = "".join(lines).encode()
    input_file.write_bytes(stdin)
    flags = ["--block-duration", batch.duration, "--range-factor", str(batch.factor)]
    # A commit a sample: in larger ones Prometheus's order of samples of several kinds depends on other series.
    of_oracle = [] if batch.kind in ("floats", "xor2") else ["--batch", "1"]
    if batch.kind == "xor2":
        flags += ["--encoding", "xor2"]
    if batch.kind == "histograms with start times":
        flags.append("--histogram-st")
    with block_files.scratch(in_memory=False) as theirs, block_files.scratch() as ours:
        expected = block_files.write([oracle, "write", *of_oracle], flags, stdin, theirs)
        for name, way in ways(batch, r):
            out = f"{ours}/{name}"
            compare(expected, block_files.write([write_blocks], [*flags, *way], stdin, out), " ".join([name, *way]))
        block_files.run([oracle, "verify", "--strict", out])
        if cli:
            block_files.run([cli, "verify", "--strict", theirs])
    return len(expected)


def main(oracle, write_blocks, seed="20200301"):
    cli = os.environ.get("PROMFILL_CLI")
    kept = pathlib.Path(tempfile.mkdtemp(prefix="promfill_differential_"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [
            (batch, s, pool.submit(check, batch, f"{seed}/{s}", oracle, write_blocks, cli, kept / f"{s}.jsonl"))
            for s, batch in enumerate(BATCHES)
        ]
        blocks, failures = 0, 0
        for batch, s, check_result in running:
            try:
                blocks += check_result.result()
            except block_files.Failed as failure:
                print(f"seed {seed}, batch {s} {tuple(batch)}, input {kept / f'{s}.jsonl'}:\n{failure}")
                failures += 1
    if failures:
        sys.exit(f"{failures} of {len(BATCHES)} batches failed")
    shutil.rmtree(kept)
    if blocks < BLOCKS_MIN:
        sys.exit(f"only {blocks} blocks were compared")
    print(f"{blocks} random blocks: same bytes" + ("" if cli else "; no $PROMFILL_CLI, so promfill verify was not tried"))


if __name__ == "__main__":
    main(*sys.argv[1:])
