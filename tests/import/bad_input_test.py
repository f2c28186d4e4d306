#!/usr/bin/env python3
"""Bad input gets one message with the place and the way out, the right exit status, and leaves nothing half-written."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.parquet as pq

from promfill_cli import EXAMPLE, blocks, run

PROMFILL = sys.argv[1]
START_S = 1_600_000_000


def make(path, rows=200, **columns):
    """A good table, with columns replaced or added."""
    table = {"id": [f"host{i % 3}" for i in range(rows)], "time": [START_S + 15 * i for i in range(rows)],
             "load": [i % 7 / 2 for i in range(rows)]}
    table.update(columns)
    pq.write_table(pa.table(table), path, row_group_size=64)
    return path


class Case:
    """One command that must fail: exit status, words that the single message must contain, nothing left in OUT."""

    def __init__(self, work):
        self.work = work
        self.out = os.path.join(work, "out")

    def fails(self, status, words, *arguments, keep_out=False, **options):
        before = sorted(os.listdir(self.out)) if keep_out else None
        done = run(PROMFILL, "import", *arguments, "--out", self.out, check=False, **options)
        message = done.stderr
        assert done.returncode == status, (arguments, done.returncode, message)
        for word in words:
            assert word in message, f"{arguments}: no {word!r} in {message!r}"
        errors = [line for line in message.strip().splitlines() if not line.startswith("promfill: warn: ")]  # said before reading
        assert len(errors) <= (1 if status == 1 else 3), message
        if keep_out:
            assert sorted(n for n in os.listdir(self.out) if n != ".promfill") == [n for n in before if n != ".promfill"]
        else:
            assert not os.path.exists(self.out), (arguments, os.listdir(self.out))


def damaged_files(case, good):
    case.fails(1, ["nowhere.parquet"], os.path.join(case.work, "nowhere.parquet"))
    case.fails(1, ["empty.parquet"], touch(case, "empty.parquet", b""))
    case.fails(1, ["text.parquet"], touch(case, "text.parquet", b"id,time,load\nhost1,1,2\n" * 20))
    with open(good, "rb") as f:
        data = f.read()
    case.fails(1, ["cut.parquet"], touch(case, "cut.parquet", data[:len(data) // 2]))
    for at in range(4, len(data) // 2, max(1, len(data) // 40)):  # in the pages: found while reading, or only values changed
        damaged = bytearray(data)
        damaged[at] ^= 0xFF
        path = touch(case, "flipped.parquet", bytes(damaged))
        done = run(PROMFILL, "import", path, "--out", case.out, check=False)
        assert done.returncode in (0, 1, 3), (at, done.returncode, done.stderr)
        assert done.returncode != 1 or not os.path.exists(case.out), at
        shutil.rmtree(case.out, ignore_errors=True)
    empty_directory = os.path.join(case.work, "nothing-here")
    os.mkdir(empty_directory)
    case.fails(1, ["nothing-here"], empty_directory)


def touch(case, name, data):
    path = os.path.join(case.work, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def wrong_mappings(case, good):
    case.fails(2, ["loda", "load"], good, "--metric", "loda")
    case.fails(2, ["hots"], good, "--label", "hots")
    case.fails(2, ["tiem", "time"], good, "--timestamp", "tiem")
    case.fails(1, ["id", "can't be read", "host0"], good, "--timestamp", "id:s", "--metric", "load")
    case.fails(2, ["not-a-name"], good, "--label", "not-a-name=id")
    case.fails(2, ["1load"], good, "--metric", "1load=load")
    case.fails(2, ["__name__"], good, "--label", "__name__=id")
    case.fails(2, ["id"], good, "--label", "id", "--const", "id=x")
    case.fails(2, ["id"], good, "--metric", "id")
    case.fails(2, ["--on-duplicate"], good, "--on-duplicate", "best")
    case.fails(2, ["--block-duration"], good, "--block-duration", "soon")
    case.fails(2, ["--block-duration", "Mimir"], good, "--block-duration", "18h", "--target", "mimir")
    case.fails(2, ["--target", "mimir"], good, "--target", "cortex")
    case.fails(2, ["--retention"], good, "--retention", "forever")
    case.fails(2, ["--retention"], good, "--retention", "0d")
    for size in ["0", "-1", "1.5GiB", "lots", "99999999999999999999"]:
        case.fails(2, ["--memory-limit", size], good, f"--memory-limit={size}")
    case.fails(2, ["--memory-limit", "1KiB", "64MiB would do"], good, "--memory-limit", "1KiB", "--threads", "1")
    case.fails(2, ["--min-time"], good, "--min-time", "yesterday")
    case.fails(2, ["--no-such-option"], good, "--no-such-option")
    mapping = touch(case, "map.yaml", b"version: 1\ntimestamp: {column: time, unit: s}\nmetrics:\n  - {colum: load}\n")
    case.fails(2, ["map.yaml:4:", "colum", "column"], good, "--map", mapping)
    case.fails(2, ["map.yaml"], good, "--map", touch(case, "map.yaml", b"version: 1\n  bad: ]["))


def wrong_times(case):
    # Milliseconds taken for seconds: the job stops and names the likely unit.
    path = make(os.path.join(case.work, "ms.parquet"), time=[(START_S + i) * 1000 for i in range(200)])
    case.fails(1, ["ms"], path, "--timestamp", "time:s")
    path = make(os.path.join(case.work, "epoch.parquet"), time=[86400 + i for i in range(200)])
    case.fails(1, ["1970", "--timestamp-offset"], path)
    path = make(os.path.join(case.work, "nulls.parquet"), time=[None if i % 4 == 0 else START_S + i for i in range(200)])
    summary = rejected(case, path, 50, {"null_timestamp": 50})
    assert summary["written"] == 150
    path = make(os.path.join(case.work, "odd.parquet"), time=[5 if i == 77 else START_S + i for i in range(200)])
    rejected(case, path, 1, {"implausible_timestamp": 1}, row=78, column="time", value="5")


def not_sorted(case):
    """A promise that rows break is an error: their window may be written already."""
    times = [START_S + 15 * i for i in range(200)]
    times[150] = START_S - 86_400
    path = make(os.path.join(case.work, "unsorted.parquet"), time=times)
    case.fails(1, ["unsorted.parquet, at or after row 129", "leave out --sorted"], path, "--sorted", "--block-duration", "30m")


def rejected(case, path, count, reasons, *arguments, **place):
    """Import with rejects: exit 3, counted by reason, one line each in the rejects file, and the rest is written."""
    summary_file = os.path.join(case.work, "summary.json")
    done = run(PROMFILL, "import", path, "--out", case.out, "--summary", summary_file, *arguments, check=False)
    assert done.returncode == 3, (done.returncode, done.stderr)
    with open(summary_file) as f:
        summary = json.load(f)
    assert summary["rejected"] == count and summary["rejected_by_reason"] == reasons, summary
    with open(summary["rejects_file"]) as f:
        lines = [json.loads(line) for line in f]
    assert sum(line["cells"] for line in lines) == count, lines
    assert all(line["file"] == path and line["reason"] in reasons for line in lines)
    for key, value in place.items():
        assert lines[0][key] == value, (key, lines[0])
    assert summary["cells"] == summary["written"] + summary["nulls"] + summary["rejected"]
    shutil.rmtree(case.out)
    return summary


def bad_labels(case):
    raw = pa.array([b"ok", b"b\xffd", b"fine", b"\xc0\xaf"] * 50, pa.binary())
    text = pa.Array.from_buffers(pa.string(), len(raw), raw.buffers())  # invalid UTF-8 that claims to be text
    path = make(os.path.join(case.work, "utf8.parquet"), id=text)
    rejected(case, path, 100, {"invalid_utf8": 100}, row=2, column="id")


def passed_limits(case, good):
    """One below what the input has, as much, one more: an error or rejects that name the option, or nothing of it."""
    words = {"metrics": (1, 2), "columns": (3, 1), "series": (3, 1), "labels_per_series": (2, 2),
             "label_name_bytes": (2, 2)}
    for name, (has, status) in words.items():
        if has > 1:
            case.fails(status, [str(has - 1), f"--limit {name}="], good, "--limit", f"{name}={has - 1}")
        for value in (has, has + 1):
            run(PROMFILL, "import", good, "--out", case.out, "--limit", f"{name}={value}")
            shutil.rmtree(case.out)
    two = make(os.path.join(case.work, "two.parquet"), rows=20, more=list(range(20)))
    case.fails(2, ["metrics", "--limit metrics=2"], two, "--limit", "metrics=1")
    case.fails(2, ["name", "--limit label_value_bytes=4"], good, "--limit", "label_value_bytes=3")
    case.fails(2, ["label_values", "label_value_bytes"], good, "--limit", "label_values=3")
    case.fails(2, ["--limit label_value_bytes=16777216", "16777215"], good, "--limit", "label_value_bytes=16777216")
    # host0 … host2 have five bytes; of the rows with a sixth, one cell each is lost.
    path = make(os.path.join(case.work, "long.parquet"), id=[f"host{i % 3}" + "!" * (i % 4 == 1) for i in range(200)])
    for limit, count in ((5, 50), (6, 0), (7, 0)):
        arguments = ["--limit", f"label_value_bytes={limit}"]
        if count:
            rejected(case, path, count, {"label_value_too_long": count}, *arguments, row=2, column="id", value="host1!",
                     hint="raise the limit with --limit label_value_bytes=6")
        else:
            run(PROMFILL, "import", path, "--out", case.out, *arguments)
            shutil.rmtree(case.out)
    case.fails(1, ["label_value_too_long", "row 2", "column id", "--limit label_value_bytes=6"], path, "--on-reject", "fail",
               "--limit", "label_value_bytes=5")


def unusable_outputs(case, good):
    os.mkdir(case.out)
    os.mkdir(os.path.join(case.out, "wal"))
    case.fails(1, ["Prometheus"], good, keep_out=True)
    shutil.rmtree(case.out)
    touch(case, "out", b"a file")
    done = run(PROMFILL, "import", good, "--out", case.out, check=False)
    assert done.returncode == 1 and "out" in done.stderr, done.stderr
    assert open(case.out, "rb").read() == b"a file"
    os.remove(case.out)
    run(PROMFILL, "import", good, "--out", case.out)
    before = blocks(case.out)
    case.fails(1, ["already", "--allow-overlap"], good, "--on-duplicate", "sum", keep_out=True)
    assert blocks(case.out) == before
    again = run(PROMFILL, "import", good, "--out", case.out)
    assert "already imported" in again.stderr and blocks(case.out) == before, again.stderr
    os.rename(before[0], os.path.join(case.out, "..", "moved"))
    again = run(PROMFILL, "import", good, "--out", case.out)
    assert "already imported" in again.stderr and "not here any more" in again.stderr, again.stderr
    os.rename(os.path.join(case.out, "..", "moved"), before[0])
    run(PROMFILL, "import", good, "--out", case.out, "--on-duplicate", "sum", "--allow-overlap")
    assert len(blocks(case.out)) == 2 * len(before)
    shutil.rmtree(case.out)
    # A limit on file size stands for a full disk: the write fails in the middle.
    done = subprocess.run(["bash", "-c", 'ulimit -f 4; exec "$@"', "bash", PROMFILL, "import", os.path.join(EXAMPLE, "input"),
                           "--map", os.path.join(EXAMPLE, "mapping.yaml"), "--block-duration", "10d", "--out", case.out],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "large" in done.stderr, (done.returncode, done.stderr)
    assert not os.path.exists(case.out)


def full_disk(case, good):
    """A file system with room for nothing more; needs root for the mount."""
    mount = os.path.join(case.work, "small")
    os.mkdir(mount)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", mount], check=False,
                                           stderr=subprocess.DEVNULL).returncode != 0:
        print("not run: full disk (needs root and tmpfs)")
        return
    try:
        done = run(PROMFILL, "import", os.path.join(EXAMPLE, "input"), "--map", os.path.join(EXAMPLE, "mapping.yaml"),
                   "--out", os.path.join(mount, "out"), check=False)
        assert done.returncode == 1 and "no space left" in done.stderr, (done.returncode, done.stderr)
        assert not os.path.exists(os.path.join(mount, "out"))
    finally:
        subprocess.run(["umount", mount], check=True)


def main():
    with tempfile.TemporaryDirectory() as work:
        case = Case(work)
        good = make(os.path.join(work, "good.parquet"))
        damaged_files(case, good)
        wrong_mappings(case, good)
        wrong_times(case)
        not_sorted(case)
        bad_labels(case)
        passed_limits(case, good)
        unusable_outputs(case, good)
        full_disk(case, good)
    print("every kind of bad input: one message, the right exit status, nothing left behind")


if __name__ == "__main__":
    main()
