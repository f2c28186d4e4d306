"""A job whose undisturbed outcome is known, and its file-system calls; shared by the tests of this folder."""
import collections
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "import"))
from promfill_cli import block_bytes, blocks, content  # noqa: E402

START_S = 1_600_000_000
# Those that change something; a job that dies at a call that only looks has changed nothing since the one before.
CALLS = ["openat", "write", "pwrite64", "fsync", "fdatasync", "syncfs", "rename", "renameat2", "mkdir", "mkdirat",
         "unlink", "unlinkat", "rmdir", "close", "flock", "fcntl"]
COUNTS = ["rows_read", "cells", "written", "duplicates_merged", "duplicates_conflicting", "nulls", "rejected",
          "rejected_by_reason", "series", "samples_written"]
EXIT_REJECTED = 3


def make_input(path, rows, seed):
    """Rows of eight hosts, some late, some twice, some without a time or value."""
    rnd = random.Random(seed)
    times, hosts, loads = [], [], []
    for i in range(rows):
        t = START_S + i // 8 * 15
        if rnd.random() < 0.02:
            t -= rnd.randrange(3600)
        times.append(None if rnd.random() < 0.001 else t)
        hosts.append(f"host-{i % 8}")
        loads.append(None if rnd.random() < 0.05 else rnd.randrange(1000) / 8)
    for i in range(0, rows, 50):  # the same again, every other with another value
        times.append(times[i])
        hosts.append(hosts[i])
        loads.append(loads[i] if i % 100 else rnd.random())
    pq.write_table(pa.table({"host": hosts, "time": pa.array(times, pa.timestamp("s", "UTC")), "load": loads}), path,
                   row_group_size=rows // 10)


class Job:
    """A command whose undisturbed outcome is known."""

    def __init__(self, promfill, work, name, rows, out=None):
        self.input = os.path.join(work, name + ".parquet")
        self.out = out or os.path.join(work, name + "-out")
        self.summary = os.path.join(work, name + ".json")
        make_input(self.input, rows, seed=1)
        self.command = [promfill, "import", self.input, "--out", self.out, "--quiet", "--block-duration", "2h",
                        "--threads", "2", "--checkpoint-interval", "0s", "--created-at", "1700000000000"]
        self.finish("for the first time")  # with a cold start
        self.clear()
        started = time.monotonic()
        self.finish("undisturbed")
        self.seconds = time.monotonic() - started
        self.expected = content(self.out)
        self.blocks = {os.path.basename(b): block_bytes(b) for b in blocks(self.out)}
        self.counts = self.read_counts()
        self.rejects = self.read_rejects()
        self.resumed = self.killed = 0
        assert len(self.expected) > 3 and self.counts["rejected"] > 0 and self.counts["duplicates_conflicting"] > 0, self.counts
        self.clear()

    def clear(self):
        shutil.rmtree(self.out, ignore_errors=True)

    def finish(self, when):
        done = subprocess.run(self.command + ["--summary", self.summary], stderr=subprocess.PIPE, text=True)
        assert done.returncode == EXIT_REJECTED, (when, done.returncode, done.stderr)

    def read_counts(self):
        with open(self.summary) as f:
            summary = json.load(f)
        self.was_resumed = summary["resumed"]
        return {key: summary[key] for key in COUNTS}

    def read_rejects(self):
        with open(self.summary) as f:
            path = json.load(f)["rejects_file"]
        with open(path) as f:
            return f.read()

    def check_left(self, when):
        """Whatever is visible is whole."""
        if os.path.exists(self.out):
            for block in blocks(self.out):
                assert block_bytes(block) == self.blocks[os.path.basename(block)], (when, block)

    def check_finished(self, when):
        self.finish(when)
        assert content(self.out) == self.expected, when
        assert self.read_counts() == self.counts, (when, self.read_counts(), self.counts)
        assert self.read_rejects() == self.rejects, when
        left = sorted(re.sub(r"^[0-9A-Z]{26}\.", "", n) for n in os.listdir(os.path.join(self.out, ".promfill")))
        assert left == ["lock", "manifest.json", "metadata.json", "metadata.json", "rejects.jsonl", "summary.json"], (when, left)
        self.killed += 1
        self.resumed += self.was_resumed


def count_calls(job, work):
    trace = os.path.join(work, "trace")
    subprocess.run(["strace", "-f", "-qq", "-o", trace, "-e", "trace=" + ",".join(CALLS), *job.command], check=False,
                   stderr=subprocess.DEVNULL)
    job.clear()
    by_thread = collections.Counter()
    with open(trace) as f:
        for line in f:
            found = re.match(r"(\d+) +(\w+)\(", line)
            if found:
                by_thread[found[2], found[1]] += 1
    counts = collections.Counter()  # strace counts the calls of each thread
    for (call, _), n in by_thread.items():
        counts[call] = max(counts[call], n)
    assert counts["write"] > 10 and counts["renameat2"] + counts["rename"] > 3, counts
    return counts


def points_of(counts, everything):
    """(call, n) of every call of a thread; else all renames and a spread of the rest."""
    points = [(call, n) for call in sorted(counts) for n in range(1, counts[call] + 1)]
    if everything:
        return points
    renames = [p for p in points if p[0].startswith("rename")]
    others = [p for p in points if not p[0].startswith("rename")]
    return renames[:20] + random.Random(2).sample(others, min(40, len(others)))
