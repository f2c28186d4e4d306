#!/usr/bin/env python3
"""Imported Parquet files have the bytes that Prometheus's own writer makes of the same samples.

1. `mem` of the Alibaba example: 203,484 samples, 7 series, 94 blocks of 2 h, each file of each byte-identical to the oracle's.
2. Shuffled rows, other row groups, any number of threads: the same bytes.
3. With the block durations that `auto` chooses: the oracle's bytes for those.
4. Values that must survive bit by bit: NaN payloads, stale marker, -0, infinities; negative times; UTF-8 and hostile labels.

The samples given to the oracle are read with PyArrow, not with promfill.
"""
import glob
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.parquet as pq

from promfill_cli import EXAMPLE, OFFSET_S, blocks, content, run

PROMFILL, ORACLE = sys.argv[1:3]


def example_table():
    tables = []
    for path in sorted(glob.glob(os.path.join(EXAMPLE, "input", "*.parquet"))):
        file = pq.ParquetFile(path)
        groups = [file.read_row_group(g, columns=["id", "aid", "timestamp", "mem"]) for g in range(file.num_row_groups)]
        tables.append(pa.concat_tables(groups).replace_schema_metadata(None))
    return pa.concat_tables(tables)


def oracle_blocks(lines, out, duration="2h"):
    subprocess.run([ORACLE, "write", "--out", out, "--block-duration", duration], input="\n".join(lines).encode(),
                   check=True, stdout=subprocess.DEVNULL)
    return content(out)


MEM = ["--timestamp", "timestamp:s", "--timestamp-offset", OFFSET_S, "--label", "id", "--label", "AppGroupID=aid",
       "--metric", "container_memory=mem"]


def import_mem(files, out, *flags):
    shutil.rmtree(out, ignore_errors=True)
    summary = out + ".json"
    run(PROMFILL, "import", *files, "--out", out, *MEM, "--summary", summary,
        *(flags if "--block-duration" in flags else ["--block-duration", "2h", *flags]))
    with open(summary) as f:
        return json.load(f)


def check_example(work):
    table = example_table()
    lines = []
    for id_, aid, t, mem in zip(*(table[c].to_pylist() for c in ["id", "aid", "timestamp", "mem"])):
        labels = {"__name__": "container_memory", "id": id_, "AppGroupID": str(aid)}
        lines.append(json.dumps({"labels": labels, "t": (t + OFFSET_S) * 1000, "v": mem}))
    assert len(lines) == 203484
    expected = oracle_blocks(lines, os.path.join(work, "oracle"))
    assert len(expected) == 94

    out = os.path.join(work, "ours")
    summary = import_mem([os.path.join(EXAMPLE, "input")], out)
    assert (summary["rows_read"], summary["samples_written"], summary["series"]) == (203484, 203484, 7), summary
    assert len(summary["blocks"]) == 94 and summary["late_samples"] > 0
    assert content(out) == expected, "the example's blocks differ from Prometheus's"
    for made in (out, os.path.join(work, "oracle")):
        run(PROMFILL, "verify", made, "--strict", "--against", os.path.join(EXAMPLE, "input"), *MEM)
    run(ORACLE, "verify", "--strict", out)

    shuffled = table.take(random.Random(1).sample(range(table.num_rows), table.num_rows))
    for number, (rows, group_rows, threads) in enumerate(
            [(table, 1000, 1), (table, 50_000, 4), (shuffled, 3777, 2), (shuffled, 1 << 20, 16)]):
        path = os.path.join(work, f"again-{number}.parquet")
        pq.write_table(rows, path, row_group_size=group_rows)
        import_mem([path], out, "--threads", threads)
        assert content(out) == expected, f"case {number}: bytes depend on row groups, order or threads"

    # The trace is eight days, within one or two of 486 h; a tenth of this retention is above 54 h and below 162 h.
    for flags, duration in (([], "486h"), (["--retention", "30d"], "54h"), (["--target", "mimir"], "24h")):
        import_mem([os.path.join(EXAMPLE, "input")], out, "--block-duration", "auto", *flags)
        assert content(out) == oracle_blocks(lines, os.path.join(work, "oracle-" + duration), duration), duration
    print("the example: blocks of the durations that are chosen for it identical to Prometheus's")
    print("the example: 94 blocks identical to Prometheus's, in any order, row groups and threads")


def bits(value):
    return "0x%016x" % struct.unpack(">Q", struct.pack(">d", value))[0]


def from_bits(word):
    return struct.unpack(">d", struct.pack(">Q", word))[0]


HOSTILE = ["plain", "Zürich", "日本語", 'quote"backslash\\newline\n', "a\x00b", "\x7f", " leading and trailing ", "__name__",
           "x" * 20000, "{}=,", "\U0001F600"]
SPECIAL = [0x0000000000000000, 0x8000000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000001,
           0x7ff0000000000002, 0x7ff8dead0000beef, 0xfff8000000000000, 0x0000000000000001, 0x7fefffffffffffff,
           0x3ff0000000000000, 0x4059000000000000]


def check_special(work):
    """Every special value in every position, for hostile label values, around time 0 and at block edges."""
    hours = 3600 * 1000
    edges = [e + d for e in (-4 * hours, -2 * hours, 0, 2 * hours, 4 * hours) for d in (-1, 0, 1)]
    rnd = random.Random(2)
    rows = []
    for label in HOSTILE:
        times = sorted(set(edges + [rnd.randrange(-6 * hours, 6 * hours) for _ in range(60)]))
        rows += [(label, t, from_bits(rnd.choice(SPECIAL))) for t in times]
    rnd.shuffle(rows)
    # PyArrow keeps the bits of a double only if they never pass through a Python operation that quiets them.
    words = pa.array([struct.unpack("<q", struct.pack("<d", v))[0] for _, _, v in rows], pa.int64())
    values = pa.Array.from_buffers(pa.float64(), len(rows), [None, words.buffers()[1]])
    table = pa.table({"host": [r[0] for r in rows], "time": pa.array([r[1] for r in rows], pa.timestamp("ms", "UTC")),
                      "load": values})
    path = os.path.join(work, "special.parquet")
    pq.write_table(table, path, row_group_size=100)
    out = os.path.join(work, "special")
    run(PROMFILL, "import", path, "--out", out, "--allow-implausible-times", "--block-duration", "2h")
    lines = [json.dumps({"labels": {"__name__": "load", "host": label}, "t": t, "v": bits(v)}) for label, t, v in rows]
    assert content(out) == oracle_blocks(lines, os.path.join(work, "special-oracle")), "special values or labels differ"
    run(PROMFILL, "verify", out, "--strict", "--against", path, "--allow-implausible-times")
    assert len(blocks(out)) >= 6
    print("special values, hostile labels, negative times and block edges: identical to Prometheus's")


def check_many_series(work):
    """20,000 series, few samples each, in time order."""
    n = 20_000
    ids = pa.array([f"series-{i % n}" for i in range(2 * n)])
    times = pa.array([1_600_000_000 + i // n * 60 for i in range(2 * n)], pa.timestamp("s"))
    path = os.path.join(work, "many.parquet")
    pq.write_table(pa.table({"id": ids, "time": times, "value": pa.array([float(i % 97) for i in range(2 * n)])}), path)
    out = os.path.join(work, "many")
    run(PROMFILL, "import", path, "--out", out, "--block-duration", "2h")
    lines = [json.dumps({"labels": {"__name__": "value", "id": f"series-{i % n}"},
                         "t": (1_600_000_000 + i // n * 60) * 1000, "v": float(i % 97)}) for i in range(2 * n)]
    assert content(out) == oracle_blocks(lines, os.path.join(work, "many-oracle"))
    run(PROMFILL, "verify", out, "--against", path, "--memory-limit", "64MiB")
    print("20,000 series: identical to Prometheus's")


def main():
    with tempfile.TemporaryDirectory() as work:
        check_special(work)
        check_many_series(work)
        check_example(work)


if __name__ == "__main__":
    main()
