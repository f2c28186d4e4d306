#!/usr/bin/env python3
"""`promfill import` as a process: signals, a second job, outputs that can't be written, another user's directory."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pyarrow as pa
import pyarrow.parquet as pq

from promfill_cli import blocks, content, run

PROMFILL = sys.argv[1]
START_S = 1_600_000_000
NOBODY = 65534


def make(path, rows=2000, time_column=None, step_s=15):
    times = time_column if time_column is not None else [START_S + i // 4 * step_s for i in range(rows)]
    pq.write_table(pa.table({"id": [f"host{i % 4}" for i in range(rows)], "time": times,
                             "load": [i % 7 / 2 for i in range(rows)]}), path, row_group_size=1 << 14)
    return path


def command(path, out, *more):
    return [PROMFILL, "import", path, "--out", out, "--block-duration", "2h", "--quiet", *more]


def check_signals(work):
    """A stopped job says so within two seconds and commits nothing; one that was quicker than the signal is complete."""
    path = make(os.path.join(work, "large.parquet"), rows=3_000_000, step_s=1)
    out = os.path.join(work, "stopped")
    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        stopped = 0
        for attempt in range(30):
            process = subprocess.Popen(command(path, out), stderr=subprocess.PIPE, text=True)
            time.sleep(0.05 + attempt % 6 * 0.05)
            process.send_signal(number)
            started = time.monotonic()
            message = process.communicate(timeout=60)[1]
            if process.returncode == 0:
                assert blocks(out)
                shutil.rmtree(out)
                continue
            if process.returncode == -number:
                continue  # it came before the program was ready for signals
            assert process.returncode == status, (process.returncode, message)
            assert "stopped" in message and time.monotonic() - started < 2, (message, time.monotonic() - started)
            assert not os.path.exists(out) or os.listdir(out) == [".promfill"], os.listdir(out)
            shutil.rmtree(out, ignore_errors=True)
            stopped += 1
            if stopped == 3:
                break
        assert stopped > 0, "no attempt met the job at work"


def check_two_jobs(work):
    path = make(os.path.join(work, "two.parquet"), rows=200_000)
    alone = os.path.join(work, "alone")
    run(*command(path, alone))
    for _ in range(5):
        out = os.path.join(work, "shared")
        jobs = [subprocess.Popen(command(path, out), stderr=subprocess.PIPE, text=True) for _ in range(2)]
        messages = [job.communicate(timeout=60)[1] for job in jobs]
        statuses = sorted(job.returncode for job in jobs)
        # The lock refuses the other; or it came after the first, and says that it was done.
        assert statuses in ([0, 1], [0, 0]), (statuses, messages)
        assert content(out) == content(alone)
        shutil.rmtree(out)


def check_outputs(work):
    path = make(os.path.join(work, "good.parquet"))
    out = os.path.join(work, "out")
    # A report that can't be printed is a failure, and no crash; the blocks are there.
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROMFILL, "import", path, "--out", out], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "no space" in done.stderr.lower(), (done.returncode, done.stderr)
    assert blocks(out)
    shutil.rmtree(out)
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROMFILL, "import", path, "--out", out, "--progress", "always"], stderr=full,
                              stdout=subprocess.DEVNULL)
    assert done.returncode == 0, done.returncode
    shutil.rmtree(out)
    # A summary replaces a regular file, and nothing else.
    summary, link = os.path.join(work, "summary.json"), os.path.join(work, "link")
    with open(summary, "w") as f:
        f.write("old")
    os.symlink(summary, link)
    done = run(*command(path, out, "--summary", link), check=False)
    assert done.returncode == 2 and "regular file" in done.stderr, (done.returncode, done.stderr)
    assert open(summary).read() == "old" and os.path.islink(link) and not os.path.exists(out)
    run(*command(path, out, "--summary", summary))
    with open(summary) as f:
        assert json.load(f)["samples_written"] == 2000
    shutil.rmtree(out)
    done = run(*command(path, out, "--summary", os.path.join(work, "nowhere", "summary.json")), check=False)
    assert done.returncode == 1 and not os.path.exists(out), done.returncode


def check_permission(work):
    """A directory that isn't writable; run as another user where we are root, because root may write anywhere."""
    path = make(os.path.join(work, "readable.parquet"))
    out = os.path.join(work, "theirs")
    os.mkdir(out, 0o555)
    os.chmod(work, 0o755)
    os.chmod(path, 0o644)
    as_user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    done = run(*command(path, out), check=False, **as_user)
    assert done.returncode == 1 and "permission denied" in done.stderr and out in done.stderr, done.stderr
    assert os.listdir(out) == []


def check_mixed_time_types(work):
    """The same column is a timestamp in one file and a number of seconds in the next."""
    folder = os.path.join(work, "mixed")
    os.mkdir(folder)
    half = [START_S + i * 15 for i in range(1000)]
    make(os.path.join(folder, "a.parquet"), rows=1000,
         time_column=pa.array([t * 1_000_000 for t in half], pa.timestamp("us", "UTC")))
    make(os.path.join(folder, "b.parquet"), rows=1000, time_column=pa.array([t + 15_000 for t in half], pa.int64()))
    out = os.path.join(work, "mixed-out")
    summary = os.path.join(work, "mixed.json")
    run(*command(folder, out, "--timestamp", "time", "--label", "id", "--metric", "load", "--summary", summary))
    with open(summary) as f:
        report = json.load(f)
    assert report["written"] == 2000 and report["rejected"] == 0, report
    dumped = run(PROMFILL, "dump", out, "--format", "csv").stdout.splitlines()[1:]
    times = sorted(int(line.rsplit(",", 2)[1]) for line in dumped)
    assert times == sorted(t * 1000 for t in half + [t + 15_000 for t in half])


def check_early_warnings(work):
    """What publish would refuse is said before anything is read: also of a job that fails while it reads."""
    future, old = os.path.join(work, "future.parquet"), os.path.join(work, "old.parquet")
    hour = 3600
    make(future, time_column=pa.array([int(time.time()) + hour + i // 8 for i in range(2000)], pa.int64()))
    make(old, time_column=pa.array([int(time.time()) - 30 * 24 * hour + i // 8 for i in range(2000)], pa.int64()))
    flags = ("--timestamp", "time:s", "--metric", "load", "--on-duplicate", "fail", "--label", "id")

    def loud(path, out, *more):
        return [PROMFILL, "import", path, "--out", os.path.join(work, out), "--block-duration", "2h", *more]

    cases = {future: ("after now", "--max-time"), old: ("15d, the retention", "--storage.tsdb.retention.time=3")}
    for path, words in cases.items():
        failed = run(*loud(path, "early", *flags), check=False)
        assert failed.returncode == 1 and "error" in failed.stderr.splitlines()[-1], failed.stderr
        assert all(word in failed.stderr.splitlines()[0] for word in words), failed.stderr
        done = run(*loud(path, "late" + os.path.basename(path), *flags[:4], "--label", "id"))
        assert done.stderr.count("publish") == 1, done.stderr
    kept = run(*loud(old, "kept", *flags[:4], "--label", "id", "--retention", "60d"))
    assert "publish" not in kept.stderr, kept.stderr


def main():
    with tempfile.TemporaryDirectory() as work:
        check_early_warnings(work)
        check_mixed_time_types(work)
        check_outputs(work)
        check_permission(work)
        check_two_jobs(work)
        check_signals(work)
    print("signals, two jobs, outputs that can't be written: as documented")


if __name__ == "__main__":
    main()
