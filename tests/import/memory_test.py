#!/usr/bin/env python3
"""Memory is bounded by the user's number, and no number changes a byte.

1. Six million values of random bits, which no chunk can make smaller than 8 bytes: in order and shuffled, with 1, 2, 4 and 16 threads,
   without a limit and with 256 MiB and 64 MiB, the blocks are the same, and the counts.
2. In a control group whose hard limit is the job's limit and 64 MiB for code and libraries, each of them finishes (root).
3. A limit that is too small is refused and says which would do; a staging disk that fills ends the job with nothing written (root).
4. Row groups in order of time are written while later ones are read: a long import in the memory of a few windows.
"""
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.parquet as pq

from promfill_cli import content

PROMFILL = sys.argv[1]
HOSTS, ROWS, METRICS = 20, 50_000, 6
MIB = 1 << 20
BASE = MIB * 64  # what code and libraries may take beside the limit
START_S = 1_600_000_000


def columns(rows, rnd):
    """One host's rows in order of time: times in seconds and METRICS columns of random bits."""
    times = [START_S + 15 * i for i in range(rows)]
    values = [pa.Array.from_buffers(pa.float64(), rows, [None, pa.py_buffer(rnd.randbytes(8 * rows))]) for _ in range(METRICS)]
    return times, values


def make_table():
    rnd = random.Random(1)
    tables = []
    for host in range(HOSTS):
        times, values = columns(ROWS, rnd)
        tables.append(pa.table({"host": pa.array([f"host-{host}"] * ROWS), "time": pa.array(times, pa.timestamp("s", "UTC")),
                                **{f"m{i}": column for i, column in enumerate(values)}}))
    return pa.concat_tables(tables).combine_chunks()


def import_file(path, out, *flags, group=None, expect=0):
    shutil.rmtree(out, ignore_errors=True)
    summary = out + ".json"
    enter = (lambda: open(os.path.join(group, "cgroup.procs"), "w").write(str(os.getpid()))) if group else None
    command = [PROMFILL, "import", path, "--out", out, "--quiet", "--created-at", "1700000000000", "--summary", summary,
               *map(str, flags)]
    done = subprocess.run(command, preexec_fn=enter, stderr=subprocess.PIPE, text=True)
    assert done.returncode == expect, f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}"
    if expect != 0:
        return done.stderr
    with open(summary) as f:
        return json.load(f)


def digest(out):
    """Checksum over the files of all blocks in order of time, meta.json apart."""
    hash_ = hashlib.sha256()
    for block in content(out):
        for name in sorted(block):
            if "meta" not in name:
                hash_.update(name.encode() + b"\0" + block[name])
    return hash_.hexdigest()


COUNTS = ["rows_read", "cells", "written", "duplicates_merged", "duplicates_conflicting", "nulls", "series"]


class Group:
    """A memory control group with a hard limit; None where this process may not make one."""

    def __init__(self, limit):
        for root, limit_file, peak_file in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.max_usage_in_bytes"),
                                            ("/sys/fs/cgroup", "memory.max", "memory.peak")):
            self.path = os.path.join(root, f"promfill-test-{os.getpid()}")
            try:
                os.mkdir(self.path)
                with open(os.path.join(self.path, limit_file), "w") as f:
                    f.write(str(limit))
                self.peak_file = os.path.join(self.path, peak_file)
                return
            except OSError:
                self.remove()
        self.path = None

    def remove(self):
        try:
            os.rmdir(self.path)
        except OSError:
            pass


def not_run(what):
    assert not os.environ.get("CI"), f"{what}: must run here"
    print(f"not run: {what}")


def check_limits(work, files):
    expected = counts = None
    for path, order in files:
        for threads in (1, 2, 4, 16):
            for limit in (None, 256 * MIB, 64 * MIB):
                if limit == 64 * MIB and threads == 16:
                    continue  # 16 threads need more for their batches, and say so: below
                out = os.path.join(work, "out")
                summary = import_file(path, out, "--threads", threads, *(["--memory-limit", limit] if limit else []))
                got = digest(out)
                expected, counts = expected or got, counts or [summary[c] for c in COUNTS]
                assert got == expected, f"{order}, {threads} threads, limit {limit}: the bytes differ"
                assert [summary[c] for c in COUNTS] == counts, f"{order}, {threads} threads, limit {limit}: {summary}"
                if limit == 64 * MIB:
                    assert summary["spilled_bytes"] > 0, f"{order}: nothing was spilled: the test tests nothing"
                if limit:
                    assert summary["peak_rss_bytes"] <= limit + BASE, (order, threads, limit, summary["peak_rss_bytes"])
    assert counts[COUNTS.index("written")] == HOSTS * ROWS * METRICS
    print(f"{counts[0] * METRICS} values: the same blocks for 1, 2, 4 and 16 threads, three memory limits, both orders")
    return expected


def check_group(work, files, expected):
    for limit in (256 * MIB, 64 * MIB):
        group = Group(limit + BASE)
        if group.path is None:
            return not_run("peak memory in a control group: needs root and memory control groups")
        try:
            for path, order in files:
                out = os.path.join(work, "out")
                import_file(path, out, "--memory-limit", limit, "--threads", 2, group=group.path)
                assert digest(out) == expected
        finally:
            group.remove()
        print(f"a limit of {limit // MIB} MiB held by a control group of {(limit + BASE) // MIB} MiB")


def check_errors(work, path):
    out = os.path.join(work, "refused")
    told = import_file(path, out, "--memory-limit", "1MiB", expect=2)
    assert "--memory-limit" in told and "64MiB would do" in told, told
    assert not os.path.exists(out)

    staging = os.path.join(work, "staging")
    os.mkdir(staging)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", staging]).returncode != 0:
        return not_run("a staging disk that fills: needs root to mount one")
    try:
        told = import_file(path, out, "--memory-limit", "64MiB", "--staging", staging, expect=1)
        assert "no space left" in told and "run-" in told, told
        assert not os.path.exists(out) and not os.listdir(staging), "something was left behind"
    finally:
        subprocess.run(["umount", staging], check=True)
    print("a limit too small, and a staging disk that fills: one clear error, nothing left")


def check_watermark(work):
    """A day of blocks of 2 h, by time: memory of a few windows, where all of it would be 48 MB of chunks."""
    rnd = random.Random(2)
    times, values = columns(HOSTS * ROWS, rnd)
    path = os.path.join(work, "by-time.parquet")
    pq.write_table(pa.table({"host": pa.array(["a"] * len(times)), "time": pa.array(times, pa.timestamp("s", "UTC")),
                             **{f"m{i}": column for i, column in enumerate(values)}}), path, row_group_size=20_000)
    out = os.path.join(work, "by-time")
    summary = import_file(path, out, "--block-duration", "2h", "--memory-limit", "96MiB", "--threads", 2)
    assert len(summary["blocks"]) > 1000 and summary["spilled_bytes"] == 0, "windows were not freed while reading"
    sorted_ = import_file(path, out + "-sorted", "--block-duration", "2h", "--memory-limit", "96MiB", "--sorted")
    assert sorted_["spilled_bytes"] == 0 and digest(out) == digest(out + "-sorted")
    print(f"{len(summary['blocks'])} blocks written while reading, in {summary['peak_rss_bytes'] // MIB} MiB")


def main():
    work = tempfile.mkdtemp(prefix="promfill_")
    try:
        table = make_table()
        ordered, shuffled = os.path.join(work, "ordered.parquet"), os.path.join(work, "shuffled.parquet")
        pq.write_table(table, ordered, row_group_size=100_000)
        rows = list(range(table.num_rows))
        random.Random(3).shuffle(rows)
        pq.write_table(table.take(pa.array(rows)), shuffled, row_group_size=100_000)
        files = [(ordered, "by series"), (shuffled, "shuffled")]
        expected = check_limits(work, files)
        check_group(work, files, expected)
        check_errors(work, shuffled)
        check_watermark(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()
