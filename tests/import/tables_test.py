#!/usr/bin/env python3
"""The same rows give the same bytes, whatever kind of table they stand in."""
import bz2
import gzip
import os
import random
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from promfill_cli import content, run

PROMFILL = sys.argv[1]
START_S = 1_600_000_000


def rows(count):
    rnd = random.Random(7)
    return pa.table({
        "host": [f"host-{i % 5}" for i in range(count)],
        "zone": [["a", "b, c", 'd "e"', None][i % 4] for i in range(count)],
        "time": pa.array([START_S + i // 5 * 15 for i in range(count)], pa.timestamp("s", "UTC")),
        "load": [None if rnd.random() < 0.1 else round(rnd.random() * 100, rnd.randrange(6)) for _ in range(count)],
        "requests": [rnd.randrange(10**12) for _ in range(count)],
        "up": [rnd.random() < 0.9 for _ in range(count)],
    })


def write_csv(table, path, delimiter=",", decimal=".", break_lines="\n", quote_all=False, mark=""):
    def cell(value):
        if value is None:
            return ""
        if isinstance(value, bool):
            return str(value).lower()
        text = value.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(value, "strftime") else repr(value) if isinstance(value, float) else str(value)
        if isinstance(value, float):
            text = text.replace(".", decimal)
        if quote_all or delimiter in text or '"' in text:
            text = '"' + text.replace('"', '""') + '"'
        return text

    lines = [delimiter.join(table.column_names)] + [delimiter.join(map(cell, row.values())) for row in table.to_pylist()]
    with open(path, "w", newline="") as f:
        f.write(mark + break_lines.join(lines) + break_lines)


def main():
    with tempfile.TemporaryDirectory() as work:
        table = rows(20_000)
        at = lambda name: os.path.join(work, name)
        pq.write_table(table, at("t.parquet"), row_group_size=3000)
        write_csv(table, at("t.csv"))
        write_csv(table, at("t.tsv"), delimiter="\t", break_lines="\r\n", quote_all=True, mark="\ufeff")
        write_csv(table, at("german.csv"), delimiter=";", decimal=",")
        with open(at("t.csv"), "rb") as f:
            text = f.read()
        with gzip.open(at("t.csv.gz"), "wb") as f:
            f.write(text)
        with open(at("members.csv.gz"), "wb") as f:
            f.write(gzip.compress(text[:100_000]) + gzip.compress(text[100_000:]))
        with bz2.open(at("t.csv.bz2"), "wb") as f:
            f.write(text)
        for codec, name in (("zstd", "t.csv.zst"), ("lz4", "t.csv.lz4")):
            with pa.CompressedOutputStream(at(name), codec) as f:
                f.write(text)
        cases = {"t.parquet": [], "t.csv": [], "t.tsv": [], "german.csv": ["--csv-decimal", ","], "t.csv.gz": [], "members.csv.gz": [],
                 "t.csv.bz2": [], "t.csv.zst": [], "t.csv.lz4": []}
        expected = None
        for name, flags in cases.items():
            for threads in ("1", "2"):
                out = at(f"out-{name}-{threads}")
                run(PROMFILL, "import", at(name), "--out", out, "--threads", threads, "--created-at", "1700000000000", "--block-duration", "2h", *flags)
                found = content(out)
                expected = expected or found
                assert len(found) > 5 and found == expected, name
    print("the same bytes from every table")


if __name__ == "__main__":
    main()
