#!/usr/bin/env python3
"""The same rows give the same bytes, whatever kind of table they stand in."""
import bz2
import gzip
import json
import lzma
import os
import random
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.orc as orc
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


def objects(table):
    def cell(value):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(value, "strftime") else value
    for row in table.to_pylist():
        yield {key: cell(value) for key, value in row.items()}


def write_json(table, path):
    with open(path, "w") as f:
        for i, row in enumerate(objects(table)):
            if i % 3 == 0:  # keys in another order, and none for a null
                row = {key: row[key] for key in reversed(row) if row[key] is not None}
            f.write(json.dumps(row) + "\n")


def write_nested(table, path):
    """Rows with what they measure in an object of its own, which the flags name."""
    with open(path, "w") as f:
        json.dump([{"time": row["time"], "of": {"host": row["host"], "zone": row["zone"]},
                    "is": {key: row[key] for key in ("load", "requests", "up")}} for row in objects(table)], f, indent=1)


def hive(table, directory):
    """A directory for each host: the column is in no file."""
    for host in table["host"].unique().to_pylist():
        part = table.filter(pa.compute.equal(table["host"], host)).drop_columns(["host"])
        os.makedirs(os.path.join(directory, f"host={host}"))
        pq.write_table(part, os.path.join(directory, f"host={host}", "part.parquet"))


FLAGS = ["--created-at", "1700000000000", "--block-duration", "2h"]


def import_file(path, out, *flags):
    run(PROMFILL, "import", path, "--out", out, *FLAGS, *flags)
    return content(out)


def import_standard_input(file, kind, out):
    subprocess.run([PROMFILL, "import", "-", "--format", kind, "--out", out, *FLAGS], stdin=file, check=True, capture_output=True)
    return content(out)


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
        with lzma.open(at("t.csv.xz"), "wb") as f:
            f.write(text)
        write_json(table, at("t.jsonl"))
        with open(at("t.jsonl"), "rb") as f, gzip.open(at("t.json.gz"), "wb") as out:
            out.write(f.read())
        with open(at("array.json"), "w") as f:
            json.dump(list(objects(table)), f, indent=1)
        write_nested(table, at("nested.json"))
        feather.write_feather(table, at("t.feather"), compression="lz4", chunksize=3000)
        for name, new_file in (("t.arrow", pa.ipc.new_file), ("t.arrows", pa.ipc.new_stream)):
            with new_file(at(name), table.schema) as f:
                f.write_table(table, max_chunksize=3000)
        orc.write_table(table, at("t.orc"), stripe_size=64 << 10)
        hive(table, at("hive"))
        nested = ["--timestamp", "time", "--label", "host=of.host", "--label", "zone=of.zone", "--metric", "load=is.load",
                  "--metric", "requests=is.requests"]
        cases = {"t.parquet": [], "t.csv": [], "t.tsv": [], "german.csv": ["--csv-decimal", ","], "t.csv.gz": [], "members.csv.gz": [],
                 "t.csv.bz2": [], "t.csv.zst": [], "t.csv.lz4": [], "t.csv.xz": [], "t.jsonl": [], "t.json.gz": [], "array.json": [],
                 "nested.json": nested, "t.feather": [], "t.arrow": [], "t.arrows": [], "t.orc": [], "hive": []}
        with open(at("t.csv.gz"), "rb") as f:
            assert import_standard_input(f, "csv", at("out-stdin")) == import_file(at("t.csv"), at("out-named"))
        expected = None
        for name, flags in cases.items():
            for threads in ("1", "2"):
                found = import_file(at(name), at(f"out-{name}-{threads}"), "--threads", threads, *flags)
                expected = expected or found
                assert len(found) > 5 and found == expected, name
    print("the same bytes from every table")


if __name__ == "__main__":
    main()
